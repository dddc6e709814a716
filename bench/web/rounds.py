"""Rounds: every server once, beginning with another one each time, started anew for each window."""

from web import load, place, servers, workloads

SWEEP_CONNECTIONS = (1, 3, 10, 30, 100, 300, 1000)  # at 1 KiB
SWEEP_ACTIVE = 64  # connections, over the sizes


def in_turn(chosen, turn):
    start = turn % len(chosen)
    return chosen[start:] + chosen[:start]


def contest(workload, chosen, where, setting, count, seconds, say):
    """What is recorded of a workload. `say(text)` is told what becomes of each window."""
    rounds = []
    memory = {}
    with workloads.surroundings(workload, where, setting) as php:
        for turn in range(count):
            measured = {}
            for server in in_turn([one for one in chosen if workload.takes(one)], turn):
                measured[server.name] = _window(workload, server, where, setting, seconds, memory,
                                                php, whole=turn == 0)
                say(f"{turn + 1}/{count} {workload.name} {server.name}")
            rounds.append(measured)
    return {"name": workload.name, "what": workload.what, "cores": setting.workers,
            "rounds": rounds}


def _window(workload, server, where, setting, seconds, memory, php, whole):
    """One server, started, checked, measured, checked and stopped. The figures, or why there are
    none."""
    paths = workload.paths if whole else workload.paths[::7]
    expected = {path: where.expected(path) for path in paths}
    try:
        with servers.Running(server, where, setting.server_cpus, setting.workers,
                             workload.asks, php) as running:
            load.check(running, expected)
            figures = workload.measure(workloads.Run(running, setting, seconds, memory))
            figures["memory"] = running.memory()
            load.check(running, expected)
            return figures
    except (OSError, RuntimeError) as error:
        return {"failed": str(error)}


def sweep(chosen, where, setting, count, seconds, say, step=1):
    """The same, over numbers of connections and sizes of files; a server is started once a round
    for all of them. `step` 2: over every second."""
    kinds = [
        ("connections", [(n, place.path_of(1024), n) for n in SWEEP_CONNECTIONS[::step]]),
        ("size", [(size, place.path_of(size), SWEEP_ACTIVE) for size in place.SIZES[::step]]),
    ]
    records = [{"name": name, "points": [x for x, _, _ in points], "rounds": []}
               for name, points in kinds]
    for turn in range(count):
        for record in records:
            record["rounds"].append({})
        for server in in_turn(chosen, turn):
            try:
                with servers.Running(server, where, setting.server_cpus,
                                     setting.workers) as running:
                    for record, (_, points) in zip(records, kinds):
                        record["rounds"][turn][server.name] = [
                            load.wrk(running, setting, seconds, path, connections)
                            for _, path, connections in points]
            except (OSError, RuntimeError) as error:
                for record in records:
                    record["rounds"][turn][server.name] = {"failed": str(error)}
            say(f"{turn + 1}/{count} sweep {server.name}")
    return records

#!/usr/bin/env python3
"""What has to hold of every simulation, whatever the numbers: the same seed gives the same bytes, time
has no unit, more of something is never less, a node may be cut in two, Little's law.
limit: 120 s"""

import tempfile
from pathlib import Path

from kit import check, near, point, points, refused, run

EXP = "--node=Serve:exp:1s"
SOME = ("--requests=20000", "--replications=8")
TANDEM = ("--node=First:exp:50ms", "--node=Second:exp:80ms", "--node=Third:exp:40ms")


def the_same_seed_the_same_bytes():
    options = ("--load=open:poisson:0.9", EXP, *SOME)
    one = run("station", *options, "--jobs=1")
    check(one == run("station", *options, "--jobs=4"), "the number of jobs changes nothing")
    check(one != run("station", *options, "--seed=2"), "another seed is another run")
    for form in ("table", "csv", "json"):
        text = run("station", *options, f"--format={form}")
        check(text == run("station", *options, f"--format={form}"), f"{form}, twice")


def doubled_times_double_the_response():
    for load, twice in (("open:poisson:4", "open:poisson:2"), ("closed:20,1s", "closed:20,2s")):
        once = point("tandem", f"--load={load}", *TANDEM, *SOME, "--runtime=pool", "--cores=2")
        slow = point("tandem", f"--load={twice}", *(f"{node}" for node in
                     ("--node=First:exp:100ms", "--node=Second:exp:160ms", "--node=Third:exp:80ms")),
                     *SOME, "--runtime=pool", "--cores=2", "--quantum=6ms")
        near(slow["mean"]["mean"], 2 * once["mean"]["mean"], 1e-6, f"{load}: the mean")
        near(slow["p99"]["mean"], 2 * once["p99"]["mean"], 1e-6, f"{load}: 99 %")


def more_is_never_less():
    """With common random numbers, not even by chance."""
    closed = ("tandem", "--load=closed:30,1s", *TANDEM, *SOME, "--quantum=0")
    for kind in ("thread", "pool", "event"):
        found = [point(*closed, f"--runtime={kind}", f"--cores={n}")["throughput"]["mean"]
                 for n in (1, 2, 4)]
        check(found[0] <= found[1] * 1.001 and found[1] <= found[2] * 1.001,
              f"{kind}: more cores, more throughput: {found}")
        fast = point(*closed, f"--runtime={kind}", "--node=Second:x0.5")["throughput"]["mean"]
        check(fast >= 0.999 * found[0], f"{kind}: a faster node, more throughput")
        quick = point(*closed, f"--runtime={kind}", "--cpu-speed=2")["throughput"]["mean"]
        check(quick >= 0.999 * found[0], f"{kind}: faster cores, more throughput")


def nodes_without_length_and_in_two_halves():
    closed = ("--load=closed:10,1s", *SOME)
    station = point("station", *closed, "--node=Serve:100ms")
    whole = point("stages", *closed, "--node=One:100ms")
    halves = point("stages", *closed, "--node=One:50ms", "--node=Two:50ms")
    near(whole["throughput"]["mean"], station["throughput"]["mean"], 1e-9,
         "five nodes that take no time are not noticed")
    near(halves["throughput"]["mean"], whole["throughput"]["mean"], 1e-6, "a node in two halves")


def little_holds():
    for kind in ("thread", "pool", "event"):
        for load in ("open:poisson:4", "open:const:4", "closed:20,1s", "partly:1,0.75,1s"):
            found = point("tandem", f"--load={load}", *TANDEM, *SOME, f"--runtime={kind}")
            check(abs(found["little"]) < 0.02, f"{kind} under {load}: Little's law")


def too_much_is_said_to_be():
    for load in ("open:poisson:1.1", "open:const:1.1", "partly:0.3,0.75,1s"):
        text = run("station", f"--load={load}", EXP, *SOME)
        check("saturated: no steady state; cores 100 %" in text, f"{load}: {text}")
        check(point("station", f"--load={load}", EXP, *SOME)["saturated"], f"{load} as JSON")
    for load in ("open:poisson:0.95", "closed:100,1s"):
        check(not point("station", f"--load={load}", EXP, *SOME)["saturated"], f"{load} is none")


def connections_that_stay():
    """Clients that keep a connection, or make a new one each time, or now and then."""
    for again in ("0", "0.5", "1"):
        for kind in ("thread", "pool", "event"):
            found = point("connections", "--load=closed:10,10s", "--node=Reply:exp:1s",
                          f"--arm=Turns={again}", "--quantum=0", f"--runtime={kind}", *SOME)
            near(found["throughput"]["mean"], 0.785418, 0.02, f"{kind}, {again}: throughput")
            near(found["mean"]["mean"], 2.73208, 0.04, f"{kind}, {again}: response")
    # Open: with one connection, requests queue at the client; that is M/M/1 all the same.
    found = point("connections", "--load=open:poisson:0.8", "--node=Reply:exp:1s", "--arm=Turns=1",
                  "--connections=1", "--runtime=thread", "--cores=8", "--requests=200000")
    near(found["mean"]["mean"], 5, 0.05, "one connection: the response")


def what_is_used_most():
    def most(*options):
        return point("tandem", "--load=closed:50,0s", *TANDEM, *SOME, *options)["bottleneck"]

    check(most("--runtime=thread", "--cores=1000") == "second", "the slowest constraint")
    check(most("--runtime=event") == "cores", "the only core")
    check(most("--runtime=pool", "--threads=1", "--cores=4") == "workers", "the only worker")


def what_was_taken():
    """By nodes, and of cores: while they are used, and not ahead of it."""
    for quantum in ("3ms", "0"):
        for cores in (1, 4, 100):
            found = point("station", "--load=closed:50,0s", EXP, "--requests=200",
                          "--replications=4", f"--quantum={quantum}", f"--cores={cores}")
            check(found["cores_used"] <= 1 + 1e-9, f"cores are used {found['cores_used']} times")
            check(found["cores_used"] > 0.4, "more than half of the clients find a core")
    found = point("tandem", "--load=open:poisson:4", *TANDEM, *SOME, "--cpu-speed=2")["nodes"]
    for name, seconds in (("First", 0.05), ("Second", 0.08), ("Third", 0.04)):
        near(found[name]["calls"], 1, 0.01, f"calls of {name} for each request")
        near(found[name]["cpu"], seconds / 2, 0.02, f"core seconds of {name}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "profile")
        file.write_text('{"format": 1, "nodes": {"Serve": {"cpu": "10ms", "blocked": "30ms", '
                        '"error": "20%"}}}')
        found = point("station", "--load=open:poisson:1", f"--profile={file}", *SOME)["nodes"]["Serve"]
    near(found["blocked"], 0.03, 1e-6, "blocked")
    near(found["errors"], 0.2, 0.05, "errors")


def sweeps():
    rates = [p["load"] for p in points("station", "--load=open:poisson:1", EXP, "--rate=0.2..0.8:0.2",
                                       "--requests=1000")]
    check([round(rate, 6) for rate in rates] == [0.2, 0.4, 0.6, 0.8], f"rates: {rates}")
    found = points("station", "--load=closed:1,1s", EXP, "--rate=1..3:1", "--cores=1..2",
                   "--runtime=thread,event", "--requests=1000")
    check(len(found) == 12, "clients, cores and runtimes in turn")
    check([p["runtime"] for p in found[::6]] == ["thread", "event"], "the runtimes")


def what_is_wrong_is_said():
    for options, said in (
        ((), "no load"),
        (("--load=open:poisson:-1",), "--load=open:poisson:-1: a rate above 0 is expected"),
        (("--load=open:poison:1",), "open:poisson:R"),
        (("--load=Nobody=closed:1,1s",), "no source of that name"),
        (("--load=trace:/no/such/file",), "No such file"),
        (("--load=closed:1,1s", "--node=Nobody:1s"), "the name of a node"),
        (("--load=closed:1,1s", "--node=Serve:exp"), "a time is expected"),
        (("--load=closed:1,1s", "--arm=Serve:0=1"), "no such arm"),
        (("--load=closed:1,1s", "--runtime=threads"), "thread, pool or event"),
        (("--load=closed:1,1s", "--cores=0"), "a number"),
        (("--load=closed:1,1s", "--quantum=soon"), "a time is expected"),
        (("--load=closed:1,1s", "--profile=/no/such/file"), "/no/such/file"),
        (("--load=closed:1,1s", "extra"), "'extra' is no option"),
    ):
        text = refused("station", *options)
        check(said in text, f"{options}: {text}")


def profiles_are_checked():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"
        for text, said in (
            ("{", "line 1"),
            ("[]", "no profile of format 1"),
            ('{"format": 2}', "no profile of format 1"),
            ('{"format": 1, "nodes": {"Nobody": {}}}', "no node of that name"),
            ('{"format": 1, "nodes": {"Write": {"cpu": "soon"}}}', "nodes: Write: cpu: a time"),
            ('{"format": 1, "nodes": {"Write": {"gpu": "1s"}}}', "known are cpu"),
            ('{"format": 1, "nodes": {"Write": {"cpu": -1}}}', "below 0"),
            ('{"format": 1, "nodes": {"Write": {"cpu": [[1, 2]]}}}', "[[from ns, to ns, count]"),
            ('{"format": 1, "nodes": {"Write": {"error": 2}}}', "a probability"),
            ('{"format": 1, "arms": {"Store": [1]}}', "for each arm"),
            ('{"format": 1, "arms": {"Store": [0.8, 0.8]}}', "more than 1"),
            ('{"format": 1, "arms": {"Write": [1]}}', "no dispatch"),
            ('{"format": 1, "repeats": {"Store": 0.5}}', "does not repeat"),
            ('{"format": 1, "overheads": {"luck": "1us"}}', "known are dispatch"),
        ):
            file.write_text(text)
            found = refused("blocking", "--load=closed:1,1s", f"--profile={file}")
            check(said in found, f"{text}: {found}")


for test in (the_same_seed_the_same_bytes, doubled_times_double_the_response, more_is_never_less,
             nodes_without_length_and_in_two_halves, little_holds, too_much_is_said_to_be,
             connections_that_stay, what_is_used_most, what_was_taken, sweeps,
             what_is_wrong_is_said, profiles_are_checked):
    test()

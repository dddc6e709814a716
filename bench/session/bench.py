"""finding the session of a flow, and making one, with 100,000 alive, against uthash under a mutex

A flow joins a session that is alive and leaves it, or joins one that nobody knows and leaves it, by
which it is made and freed. No program around it: the table of the core is called directly. Beside
it the longest of the joins that let the tables grow to that size, and what is left of the memory
when all have gone.
"""

from kit import program
from kit.contest import Contest, Figure, at_most, below
from kit.process import pinned, shown, timed

OPERATIONS = 2_000_000
ALIVE = 100_000
CORE = ("session.c", "slab.c", "guard.c", "now.c")


def figures(command):
    """Nanoseconds, microseconds, KiB."""
    each, longest, left = map(float, timed(command).output.split())
    return each, longest, left / 1024


def run():
    executable = program.c("session", "bench/session/session.c",
                           *(f"runtimes/core/{file}" for file in CORE),
                           flags=[program.include("runtimes"), program.include("runtimes/core"),
                                  "-pthread"])
    missed = []
    for what, title in (("find", "to join a session that is alive, and leave"),
                        ("come", "to make a session, and free it")):
        contest = Contest(Figure(title, "ns"), Figure("longest join while tables grow", "us"),
                          Figure("memory that is left", "KiB", digits=0))
        for label, name, bars in (("uthash and a mutex", f"peer-{what}", ()),
                                  ("the core", what, (below(200) if what == "find" else at_most(1), None,
                                        below(2048)))):
            command = pinned([executable, name, OPERATIONS, ALIVE])
            print("  " + shown(command))
            contest.enter(label, lambda command=command: figures(command), *bars)
        missed += contest.run()
    return missed

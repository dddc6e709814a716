#!/usr/bin/env python3
"""Options and profiles without measure: refused, or an end with an answer; nothing hangs, nothing
fills the memory, nothing is printed that is no number."""

import tempfile
from pathlib import Path

from kit import check, point, refused, run

FEW = ("--requests=100", "--replications=2")
CLOSED = "--load=closed:1,1s"


def beyond_all_measure_is_refused():
    for options, said in (
        ((CLOSED, "--rate=inf"), "a number, A..B"),
        ((CLOSED, "--rate=1e9"), "numbers of clients"),
        ((CLOSED, "--cores=0..0"), "a number, A..B"),
        ((CLOSED, "--cores=1e8"), "up to 65536"),
        ((CLOSED, "--loops=1000000000"), "up to 65536"),
        ((CLOSED, "--quantum=1e-300", "--runtime=pool"), "from 1us on"),
        ((CLOSED, "--cpu-speed=1e-300"), "within a million"),
        ((CLOSED, "--node=Serve:1e308"), "a time is expected"),
        ((CLOSED, "--node=Serve:x1e300"), "a factor is expected"),
        ((CLOSED, "--node=Serve:lognormal:1s,1e200"), "up to 1000"),
        ((CLOSED, "--node=Serve:pareto:1s,0.001"), "above 1"),
        (("--load=open:const:1e-300",), "a rate above 0"),
        (("--load=trace:/no/such=file",), "No such file"),
    ):
        text = refused("station", *options)
        check(said in text, f"{options}: {text}")


def profiles_of_another_shape_are_refused():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"
        for text, said in (
            ('{"format": 1, "nodes": []}', "nodes: an object"),
            ('{"format": 1, "nodes": {"Serve": 5}}', "Serve: an object"),
            ('{"format": 1, "node": {}}', "node: unknown"),
            ('{"format": 1, "nodes": {"Serve": {"cpu": 1e300}}}', "more than 1e9 s"),
            ('{"format": 1, "nodes": {"Serve": {"cpu": [[1, 1e300, 1]]}}}', "a histogram"),
            ('{"format": 1, "overheads": {"wake": -1}}', "a time is expected"),
            ("[" * 100000, "line 1"),
        ):
            file.write_text(text)
            found = refused("station", CLOSED, f"--profile={file}")
            check(said in found, f"{text[:60]}: {found}")


def much_more_than_can_be_served():
    """It would have to wait for answers while millions of requests come."""
    found = point("station", "--load=open:poisson:1e9", "--node=Serve:exp:1s", *FEW)
    check(found["saturated"], "a load a billion times too large")


def replications():
    """Of one there is no interval; more than --precision would add are run."""
    text = run("station", CLOSED, "--node=Serve:exp:1s", "--requests=100", "--replications=1")
    check("nan" not in text and "+- unknown" in text, f"one replication: {text}")
    found = point("station", CLOSED, "--node=Serve:1s", "--requests=100", "--replications=1100",
                  "--precision=50%", "--jobs=1000000")
    check(found["replications"] == 1100, "as many as were asked for")


for test in (beyond_all_measure_is_refused, profiles_of_another_shape_are_refused,
             much_more_than_can_be_served, replications):
    test()

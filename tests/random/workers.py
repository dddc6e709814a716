"""A pool of processes that can be given up: what they have started is gone then, too.

    with pool(jobs) as workers:
        for result in workers.imap(function, work): ... break

A pool that is ended ends its processes, but not the compilers and programs that they are waiting
for: these would go on, and write into folders that are being removed.
"""

import ctypes
import multiprocessing
import os
import signal
from contextlib import contextmanager
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@contextmanager
def pool(jobs):
    """At its end this process has no children any more, whoever started them: those whose parent is
    gone become its own, so that none is overlooked."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        with multiprocessing.Pool(jobs) as workers:
            yield workers
    finally:
        while children := children_of(os.getpid()):
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def children_of(parent):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(after_name[1]) == parent:
            found.append(int(status.parent.name))
    return found

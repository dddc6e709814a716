"""Running a program with a time limit, and saying what it did."""

import os
import signal
import subprocess


class Failure(Exception):
    """The test has failed; the text says why."""


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Result:
    def __init__(self, command, status, out, err):
        self.command = command
        self.status = status  # as a shell counts: 128 + N after signal N
        self.out = out
        self.err = err

    def report(self, problem):
        """The text of a failure: the problem, the command, and both outputs."""
        parts = [problem, "$ " + " ".join(self.command)]
        for name, text in (("standard output", self.out), ("standard error", self.err)):
            if text:
                parts.append(f"--- {name}\n{shorten(text)}")
        return "\n".join(parts)


def shorten(text, limit=6000):
    if len(text) <= limit:
        return text.rstrip("\n")
    return text[: limit // 2] + "\n[...]\n" + text[-limit // 2 :].rstrip("\n")


def run(command, limit, cwd=None, env=None):
    """Runs a command without input; it and all that it started are killed after `limit` seconds."""
    command = [str(word) for word in command]
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    late = False
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        late = True
        end_group(process)
        out, err = process.communicate()
    finally:
        end_group(process)
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    result = Result(command, status, out.decode(errors="replace"), err.decode(errors="replace"))
    if late:
        raise Failure(result.report(f"not done after {limit} seconds"))
    return result


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass

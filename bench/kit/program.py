"""Builds the programs that are measured, and their peers, in BUILD/bench."""

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2"]

_build = None


def use_build(folder):
    global _build
    _build = folder


def build_folder():
    return _build


def output(name):
    """A file in BUILD/bench."""
    file = _build / "bench" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def fluxc():
    return _build / "bin" / "fluxc"


def _run(command):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(words)} failed:\n{done.stderr}")


def _files(names):
    return [ROOT / name for name in names]


def flux(name, runtime, source, *nodes, flags=()):
    """What fluxc makes of a program and its nodes; their paths are relative to the root."""
    executable = output(f"{name}-{runtime}")
    _run([fluxc(), "build", "-w", f"--runtime={runtime}", "-o", executable, ROOT / source,
          *_files(nodes), *CFLAGS, *flags])
    return relative(executable)


def header(source):
    """Emits the header of a program, for a peer that calls its nodes; returns the flags that find
    it."""
    name = Path(source).stem
    emitted = output(f"{name}-header/{name}_flux.c")
    _run([fluxc(), "-w", "-o", emitted, ROOT / source])
    return [f"-I{emitted.parent}", f"-I{_build / 'include'}"]


def include(folder):
    return f"-I{ROOT / folder}"


def c(name, *sources, flags=()):
    """A peer, plain C. The flags stand behind the sources, where -l works."""
    executable = output(name)
    _run([os.environ.get("CC", "cc"), *CFLAGS, "-o", executable, *_files(sources), *flags])
    return relative(executable)


def relative(path):
    """As it is shown in command lines: short, where that is possible."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

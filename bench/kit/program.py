"""Builds the programs that are measured and their peers, in BUILD/bench."""

import os
import shlex
import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2"]

_build = None


def use_build(folder):
    global _build
    _build = folder


def build_folder():
    return _build


def _run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(str(w) for w in command)} failed:\n{done.stderr}")


def _output(name):
    folder = _build / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def fluxc():
    return _build / "bin" / "fluxc"


def flux(name, runtime, source, *nodes, flags=()):
    """The program that fluxc makes of `source` and its nodes; paths are relative to the root."""
    output = _output(f"{name}-{runtime}")
    _run([fluxc(), "build", "-w", f"--runtime={runtime}", "-o", output, ROOT / source,
          *(ROOT / node for node in nodes), *CFLAGS, *flags])
    return relative(output)


def header(source):
    """Emits the header of a program for a peer that calls its nodes; returns the flag -I for it."""
    stem = Path(source).stem
    folder = _output(f"{stem}-header")
    folder.mkdir(exist_ok=True)
    _run([fluxc(), "-w", "-o", folder / f"{stem}_flux.c", ROOT / source])
    return f"-I{folder}"


def include_flux():
    return f"-I{_build / 'include'}"


def c(name, *sources, flags=()):
    """A peer: plain C. Flags behind the sources, so that -l works."""
    output = _output(name)
    _run([os.environ.get("CC", "cc"), *CFLAGS, "-o", output, *(ROOT / s for s in sources), *flags])
    return relative(output)


def relative(path):
    """As short as it can be written, for command lines that are shown."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

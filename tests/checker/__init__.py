"""An independent check of what fluxc has made of a program: `checker FLUXC FILE.flux...`

Four readings, each by its own algorithm, none of them the compiler's:

  text.py      what the .flux file declares, read from the file
  demand.py    what each node then has to take (R30, R31), by following every way
  agree.py     whether fluxc's model and the places of its steps are that
  steps.py     whether the steps, on every way, hold what they should, in order (R22 to R37)
  emitted.py   whether the C that is emitted does these steps

Besides, interleave.py has the flows of small programs run in every interleaving, and controls.py
shows that all this can fail.
"""

import json
import subprocess
import sys
from pathlib import Path

# The modules import each other by name, as a program and as a package.
sys.path.insert(0, str(Path(__file__).parent))

from agree import agree  # noqa: E402
from demand import Demand  # noqa: E402
from emitted import Emitted  # noqa: E402
from steps import Walk  # noqa: E402
from text import Text  # noqa: E402
from wrong import Wrong  # noqa: E402, F401

RUNTIMES = ("event", "trace")  # all that differ in their steps


def emit(fluxc, kind, runtime, options, file, folder):
    """What fluxc writes, or None if it refuses the program."""
    command = [fluxc, "-w", f"--runtime={runtime}", f"--emit={kind}", "-o", "-", *options, file]
    result = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if result.returncode == 1:
        return None
    if result.returncode != 0:
        raise Wrong(f"fluxc exits with {result.returncode}: {result.stderr.decode()[:200]}")
    return result.stdout.decode("utf-8", "surrogateescape")


def include_dirs(options):
    """-I DIR and -IDIR."""
    for word, following in zip(options, [*options[1:], None]):
        if word.startswith("-I"):
            yield word[2:] or following


def check_program(fluxc, file, options=(), runtimes=RUNTIMES, folder="."):
    """Raises Wrong, or returns how many steps were walked; 0: fluxc refuses the program.
    `options`: what is given to fluxc besides; names of files are relative to `folder`."""
    options = list(options)
    steps, text = 0, None
    for runtime in runtimes:
        try:
            output = emit(fluxc, "json", runtime, options, file, folder)
            if output is None:
                return 0
            program = json.loads(output)
            if text is None:
                folders = [Path(folder, name) for name in include_dirs(options)]
                text = Text(Path(folder, file), folders)
                demand = Demand(text)
            closings = agree(program, text, demand)
            Walk(program, text, demand, closings).run()
            Emitted(program, text, emit(fluxc, "c", runtime, options, file, folder)).run()
        except (Wrong, LookupError, ValueError, TypeError) as wrong:  # or nothing it understands
            raise Wrong(f"{file}, {runtime}: {type(wrong).__name__}: {wrong}") from wrong
        steps += sum(len(routine["steps"]) for routine in program["prog"])
    return steps


def main(arguments):
    fluxc, *files = arguments
    checked = steps = 0
    for file in files:
        try:
            count = check_program(fluxc, file)
        except Wrong as wrong:
            sys.exit(str(wrong))
        checked += count > 0
        steps += count
    print(f"{checked} programs, {steps} steps")
    if checked == 0:
        sys.exit("no program was checked")

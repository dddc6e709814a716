"""What became of the calls that were made to fail, by program, runtime and call.

    python3 tests/faults/table.py BUILD
"""

import sys
from pathlib import Path

HEAD = ("program", "runtime", "call", "error", "calls", "served", "lost", "refused", "wrong")


def main():
    rows = []
    for path in sorted(Path(sys.argv[1], "faults").glob("*")):
        rows += [line.split() for line in path.read_text().splitlines()]
    total = ["all", "", "", "", *(str(sum(int(row[i]) for row in rows)) for i in range(4, 9))]
    for row in [HEAD, *rows, total]:
        words = [word.ljust(14 if i == 3 else 12) for i, word in enumerate(row[:4])]
        print("".join(words) + "".join(word.rjust(9) for word in row[4:]))


main()

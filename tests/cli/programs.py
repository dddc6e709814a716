"""programs.py COUNT FOLDER: writes programs that nobody would write, 1.flux to COUNT.flux.

All obey the rules: members nest, dispatch, repeat, wait, block, fail and recover in every
combination that a few nodes allow, with constraints of both scopes and modes strewn over all of
them. Nodes pass one int, so that any two are neighbours; a node's members and its handler have
greater numbers than itself, so that there is no cycle (R11).
"""

import random
import sys
from pathlib import Path


def use(name, pick):
    return name + pick.choice(["", "!", "?"]) + ("(session)" if name.startswith("s") else "")


def program(seed):
    pick = random.Random(seed)
    count = pick.randint(4, 14)
    concrete = {number for number in range(count) if pick.random() < 0.5 or number > count - 3}
    constraints = ["a", "b", "c", "d", "s1", "s2"][: pick.randint(1, 6)]
    ending = [number for number in sorted(concrete) if number > 0 and pick.random() < 0.2]
    passing = [number for number in range(count) if number not in ending]
    lines = [f"// seed {seed}", "typedef odd IsOdd;", "typedef big IsBig;", "S0 () => (int n);"]

    for number in range(count):
        later = [other for other in passing if other > number]
        if number in ending:
            lines.append(f"N{number} (int n) => ();")
        elif number in concrete or not later:
            concrete.add(number)
            lines.append(f"N{number} (int n) => (int n);")
        else:
            lines.append(f"N{number} (int n) => (int n);")
            arms = pick.choice([[None], ["odd", "_"], ["odd", "big", "_"], ["odd", "odd"]])
            for arm in arms:
                body = [f"N{pick.choice(later)}" for _ in range(pick.randint(0, 3))]
                if arm is None and not body:
                    body = [f"N{later[0]}"]
                head = f"N{number}" if arm is None else f"N{number}:[{arm}]"
                lines.append(f"{head} = {' -> '.join(body)};")
            if pick.random() < 0.3:
                lines.append(f"repeat N{number}:[{pick.choice(['odd', 'big', '_'])}];")
        if number in concrete and pick.random() < 0.2:
            lines.append(f"blocking N{number};")
        if number in concrete and pick.random() < 0.2:
            lines.append(f"await N{number}: readable(n) within 2 s;")
        if pick.random() < 0.5:
            held = pick.sample(constraints, pick.randint(1, min(3, len(constraints))))
            lines.append(f"atomic N{number}:{{{', '.join(use(name, pick) for name in held)}}};")

        handlers = [other for other in ending if other > number]
        if number not in ending:
            handlers += [other for other in passing if other > number]
        if handlers and pick.random() < 0.35:
            lines.append(f"handle error N{number} => N{pick.choice(handlers)};")
    targets = [number for number in passing if number < count // 2] or [passing[0]]
    finally_ = f" finally N{pick.choice(ending)}" if ending and pick.random() < 0.5 else ""
    lines.append(f"source S0 {{session: Fn}} => N{pick.choice(targets)}{finally_};")
    if pick.random() < 0.4:  # an abstract source, in which no session's constraint may be
        lines += ["source Origin {session: Fn2} => N0;", "Origin = S0 -> M0 -> M1;", "M0 = M1 -> M2;"]
        lines += ["M1 (int n) => (int n);", "M2 (int n) => (int n);"]
        plain = [name for name in constraints if name < "s"]
        for node in "Origin", "M0", "M1", "M2":
            if pick.random() < 0.5:
                lines.append(f"atomic {node}:{{{use(pick.choice(plain), pick)}}};")
        if pick.random() < 0.7:
            lines.append(f"handle error {pick.choice(['M0', 'M1'])} => M3;")
            lines.append(f"M3 (int n, int code) => ({pick.choice(['int n', ''])});")
        if pick.random() < 0.3:
            lines.append("repeat M0:[odd];")
        if pick.random() < 0.3:
            lines.append("blocking M1, M2;")
    if pick.random() < 0.3:
        lines.append("handle error * => Default;")
        if pick.random() < 0.5:
            lines.append(f"atomic Default:{{{use(pick.choice(constraints), pick)}}};")
    return "\n".join(lines) + "\n"


def main():
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    for seed in range(1, count + 1):
        Path(folder, f"{seed}.flux").write_text(program(seed), encoding="utf-8")


if __name__ == "__main__":
    main()

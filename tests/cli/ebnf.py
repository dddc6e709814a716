"""Derives random declarations from the EBNF of a document, and has fluxc parse them."""

import random
import re
import subprocess
import sys
from pathlib import Path

# What the grammar describes in words, or letter by letter.
GIVEN = {
    "name": ["Read", "x", "_", "char", "struct", "source", "every", "error", "session", "final"],
    "number": ["0", "100", "007"],
    "text": ['"other.flux"'],
    "preamble": ["%{ int x; /* ; */ %}", "%{%}"],
}
TOKEN = re.compile(r'\(\*.*?\*\)|"[^"]*"|\'[^\']*\'|[a-z]+|[][(){}|;=]|\S', re.S)


def rules_of(document):
    """The right side of each rule, as a nested tuple."""
    text = re.search(r"^```ebnf\n(.*?)^```", document, re.M | re.S)[1]
    tokens = [token for token in TOKEN.findall(text) if not token.startswith("(*")]
    rules = {}
    while tokens:
        name, equals = tokens.pop(0), tokens.pop(0)
        assert equals == "=", f"no '=' behind {name}"
        rules[name] = ("choice", alternatives(tokens, ";"))
        tokens.pop(0)
    return rules


def alternatives(tokens, end):
    found = [[]]
    while tokens[0] != end:
        token = tokens.pop(0)
        if token == "|":
            found.append([])
        elif token in "([{":
            close = {"(": ")", "[": "]", "{": "}"}[token]
            found[-1].append((token, alternatives(tokens, close)))
            tokens.pop(0)
        else:
            found[-1].append(token)
    return found


def derive(rules, item, depth=0):
    """Words of one random derivation."""
    if isinstance(item, str):
        if item in GIVEN:
            return [random.choice(GIVEN[item])]
        if item in rules:
            return derive(rules, rules[item], depth + 1)
        return [item[1:-1]]
    kind, choices = item
    chance = 0.5 if depth < 30 else 0.0
    times = 1
    if kind == "[":
        times = int(random.random() < chance)
    while kind == "{" and random.random() < chance:
        times += 1
    words = []
    for _ in range(times - (kind == "{")):
        # A deep derivation takes the first choice, which ends soonest.
        choice = random.choice(choices) if depth < 30 else choices[0]
        for part in choice:
            words += derive(rules, part, depth)
    return words


def main():
    random.seed(1)
    rules = rules_of(Path(sys.argv[1]).read_text())
    lines = []
    for _ in range(3000):
        words = derive(rules, rules["declaration"])
        lines.append(" ".join(words) + ";")
        if random.random() < 0.1:
            lines.append(random.choice([GIVEN["preamble"][0], ";"]))
    Path("derived.flux").write_text("\n".join(lines) + "\n")
    result = subprocess.run(
        [sys.argv[2], "-w", "-da", "derived.flux"], capture_output=True, text=True, check=False
    )
    wrong = re.findall(r".*\[(?:syntax|stray-byte|unterminated|nesting)\]\n.*", result.stderr)
    print("\n".join(wrong[:10]))
    if wrong or result.returncode not in (0, 1) or "derived.flux" not in result.stderr:
        sys.exit(f"exit {result.returncode}, {len(wrong)} syntax errors")


if __name__ == "__main__":
    main()

"""Checks what the documents show. `documents.py --rewrite ROOT` writes down what really comes out.

In README.md, ARCHITECTURE.md and docs/*.md,

  - a block ```flux is compiled, together with the declarations of a comment <!-- rest: ... --> in
    front of it; what the compiler says is what stands in the block ```text behind it, or nothing;
  - a block behind <!-- file: NAME --> is a file, for the commands below it; one behind
    <!-- append: NAME --> is added to that file;
  - in a block ```console lines with a prompt, "$ ", are commands and the others what they print.
    All commands of a document run in one shell, with fluxc and the servers in their path, and the
    folder of the sources as $FLUX. "..." in
    a line stands for any text, a line "..." for any lines. A port of 127.0.0.1 is whatever the
    system has given, but the same throughout the document; the time and the process in a line of
    the log are whatever they are.
  - <!-- not run --> in front of a block says that it is only to be read;
  - a picture, NAME.svg, is what a command has written to NAME.svg (not FOLDER/NAME.svg: those show
    what was measured).

Besides, docs/diagnostics.md has a heading for each diagnostic, and links lead somewhere.
"""

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 30  # seconds, for one command
END = "end-of-command"


class Block:
    """A fenced block: its lines, and what a comment in front of it says."""

    def __init__(self, language, first, comment):
        self.language = language
        self.first = first  # index of its first line in the document
        self.lines = []
        self.comment = comment

    def directive(self, name):
        found = re.search(rf"<!-- {name}: (.*?) -->", self.comment, re.S)
        return found[1] if found else None

    def is_file(self):
        """The name of the file that it is, or None."""
        return self.directive("file") or self.directive("append")


def blocks_of(lines):
    found, block, comment = [], None, ""
    for number, line in enumerate(lines):
        if block is not None:
            if line.startswith("```"):
                found.append(block)
                block, comment = None, ""
            else:
                block.lines.append(line)
        elif line.startswith("```"):
            block = Block(line[3:].strip(), number + 1, comment)
        elif line.startswith("<!--") or (comment and "-->" not in comment):
            comment += line + "\n"
        elif line.strip():
            comment = ""
    return found


def compile_block(fluxc, block):
    """What fluxc says about a program."""
    rest = block.directive("rest") or ""
    options = (block.directive("options") or "").split()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x.flux").write_text("\n".join([*block.lines, rest]) + "\n")
        result = subprocess.run(
            [fluxc, "--emit=prog", "-o", "/dev/null", *options, "x.flux"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    return result.stderr.splitlines()


class Shell:
    """One bash for all commands of a document."""

    def __init__(self, folder, build, fluxc, root):
        environment = {
            **os.environ,
            "FLUX": str(root),
            "PATH": f"{fluxc.parent}:{build}/bin:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": f"{build}/lib/pkgconfig",
            "LC_ALL": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.read = ""

    def run(self, command, complete):
        """Runs it; returns what it printed. A program in the background goes on to print: waits
        until complete(lines)."""
        try:
            self.process.stdin.write(f"{command}\necho {END}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return ["(the shell has ended)"]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = self.read.replace(END + "\n", "", 1)
            if text != self.read and complete(text.splitlines()):
                break
            if not self.selector.select(deadline - time.monotonic()):
                break
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                break
            self.read += data.decode(errors="replace")
        text, self.read = self.read.replace(END + "\n", "", 1), ""
        return [line.rstrip() for line in text.splitlines()]

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(PATIENCE)
        except BrokenPipeError:
            self.process.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()


class Ports:
    """Which port a port of the document really is."""

    PORT = re.compile(r"(127\.0\.0\.1:)(\d+)")

    def __init__(self):
        self.real = {}

    def translate(self, command):
        return re.sub(r"\b\d{4,5}\b", lambda m: self.real.get(m[0], m[0]), command)

    def learn(self, shown, printed):
        for old, new in zip(self.PORT.findall(shown), self.PORT.findall(printed)):
            self.real[old[1]] = new[1]

    def hide(self, line):
        """The line without what differs from run to run."""
        line = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z (\w+)\[\d+\]", r"TIME \1[PID]", line)
        return self.PORT.sub(r"\1PORT", line)


def matches(shown, printed, ports):
    """Whether the lines printed are those shown."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[i:], ports) for i in range(len(printed) + 1))
    if not printed:
        return False
    pattern = re.escape(ports.hide(shown[0])).replace(re.escape("..."), ".*")
    return bool(re.fullmatch(pattern, ports.hide(printed[0]))) and matches(
        shown[1:], printed[1:], ports
    )


def commands_of(block):
    """Pairs of a command and the lines below it. A backslash continues a command."""
    found = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line, [])
        elif found:
            found[-1][1].append(line)
    return found


class Document:
    def __init__(self, path, root, build, rewriting):
        self.path = path
        self.rewriting = rewriting
        self.name = path.relative_to(root)
        self.root = root
        self.lines = path.read_text().split("\n")
        self.blocks = blocks_of(self.lines)
        self.build = build
        self.complaints = []
        self.changes = []  # (first line, how many, new lines)

    def complain(self, line, text):
        self.complaints.append(f"{self.name}:{line}: {text}")

    def replace(self, block, lines):
        if block.lines != lines:
            self.changes.append((block.first, len(block.lines), lines))

    def check_programs(self, fluxc):
        for index, block in enumerate(self.blocks):
            if block.language != "flux" or block.is_file() or "not run" in block.comment:
                continue
            said = compile_block(fluxc, block)
            following = self.blocks[index + 1] if index + 1 < len(self.blocks) else None
            end = block.first + len(block.lines) + 1
            if following is not None and following.language == "text" and following.first <= end + 2:
                if following.lines != said:
                    self.complain(following.first, "fluxc says:\n" + "\n".join(said))
                self.replace(following, said)
            elif said:
                self.complain(block.first, "fluxc says:\n" + "\n".join(said))

    def check_commands(self, fluxc):
        with tempfile.TemporaryDirectory() as folder:
            shell, ports = Shell(folder, self.build, fluxc, self.root), Ports()
            for block in self.blocks:
                if "not run" in block.comment:
                    continue
                name = block.is_file()
                if name:
                    with open(Path(folder, name), "a" if block.directive("append") else "w") as file:
                        file.write("\n".join(block.lines) + "\n")
                elif block.language == "console" and not self.run(block, shell, ports):
                    break  # what follows would only fail as well
            shell.close()
            self.check_pictures(Path(folder))

    def check_pictures(self, folder):
        """Pictures that the commands have made are those that are shown."""
        for target in re.findall(r"!\[[^\]]*\]\(([^)/]+\.svg)\)", "\n".join(self.lines)):
            shown, made = self.path.parent / target, folder / Path(target).name
            if not made.exists():
                self.complain(1, f"nothing draws {target}")
            elif self.rewriting:
                shown.write_bytes(made.read_bytes())
            elif not shown.exists() or shown.read_bytes() != made.read_bytes():
                self.complain(1, f"{target} is not what fluxc draws")

    def run(self, block, shell, ports):
        """Returns whether all commands printed what is shown."""
        new, well = [], True
        for command, shown in commands_of(block):
            background = command.endswith("&") or re.search(r"^(kill|wait)\b", command)
            printed = shell.run(
                ports.translate(command),
                lambda lines: not background or matches(shown, lines, ports),
            )
            good = matches(shown, printed, ports)
            if good:
                for old, real in zip(shown, printed):
                    ports.learn(old, real)
            else:
                self.complain(block.first, f"$ {command}\n" + "\n".join(printed))
                well = self.rewriting
            new += ["$ " + command.split("\n")[0], *command.split("\n")[1:]]
            new += shown if good else printed
            if not well:
                break
        self.replace(block, new)
        return well

    def rewrite(self):
        for first, count, lines in sorted(self.changes, reverse=True):
            self.lines[first : first + count] = lines
        self.path.write_text("\n".join(self.lines))


def check_diagnostics(root):
    """Each diagnostic has its heading, and no other has one."""
    table = (root / "fluxc/diag.def").read_text()
    defined = set(re.findall(r'^DIAG\(\s*\w+\s*,\s*"([^"]+)"', table, re.M))
    text = (root / "docs/diagnostics.md").read_text()
    described = set(re.findall(r"^### ([a-z-]+)$", text, re.M))
    for name in sorted(defined - described):
        yield f"docs/diagnostics.md: nothing about {name}"
    for name in sorted(described - defined):
        yield f"docs/diagnostics.md: there is no {name} in fluxc/diag.def"


def check_links(document):
    """Links to files and to headings of this repository lead somewhere."""
    folder = document.path.parent
    prose = re.sub(r"^```.*?^```", "", "\n".join(document.lines), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        path = folder / name if name else document.path
        if not path.exists():
            yield f"{document.name}: no file for the link {target}"
        elif heading and heading not in headings_of(path):
            yield f"{document.name}: no heading for the link {target}"


def headings_of(path):
    for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def main():
    arguments = sys.argv[1:]
    rewrite = "--rewrite" in arguments
    names = [argument for argument in arguments if argument != "--rewrite"]
    root = Path(names[0] if names else ".").absolute()
    build = Path(os.environ.get("BUILD", root / "build")).absolute()
    fluxc = Path(os.environ.get("FLUXC", build / "bin/fluxc"))
    paths = [root / "README.md", root / "ARCHITECTURE.md", *sorted((root / "docs").glob("*.md"))]
    if names[1:]:
        paths = [path for path in paths if path.name in names[1:]]
    complaints = []
    for path in paths:
        document = Document(path, root, build, rewrite)
        document.check_programs(fluxc)
        document.check_commands(fluxc)
        if rewrite:
            document.rewrite()
        complaints += [*document.complaints, *check_links(document)]
    complaints += check_diagnostics(root)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

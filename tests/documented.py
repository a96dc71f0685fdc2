"""Pages of the documentation as programs: writes the files that a page shows and runs the commands that it shows.

`python tests/documented.py docs/tutorial.md` puts what the commands print now into the page.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DIRECTIVE = re.compile(r"<!-- (file|replace in ([^:]+)): (.+?) -->[^`<]*(?:`[^`\n]*`\n+)?\Z")
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?=$|  )", re.MULTILINE), "<when>"),
    (re.compile(r"(?m)^(✓ .*?) +\d+\.\d\d(  |$)"), r"\1 <s>\2"),
    (re.compile(r"\bin \d+\.\d\d ?s( \(\d+:\d\d:\d\d\))?"), "in <s>"),
    (re.compile(r"  \d+ ms$", re.MULTILINE), "  <ms>"),
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:<port>"),
    (re.compile(r"─+"), "─"),
    (re.compile(r" {2,}"), "  "),  # widths of columns
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass
class Page:
    """One page; `run` carries it out in a folder and remembers what each command printed."""

    path: Path
    folder: Path
    printed: list[tuple[str, str, str]] = field(default_factory=list)  # command, shown, printed

    def run(self) -> None:
        text = self.path.read_text("utf-8")
        for found in _FENCE.finditer(text):
            directive = _DIRECTIVE.search(text, 0, found.start())
            if found[1] == "console":
                for command, shown in commands(found[2]):
                    self.printed.append((command, shown, self._run(command)))
            elif directive is not None:
                self._write(directive, found[2])

    def _write(self, directive: re.Match[str], content: str) -> None:
        if directive[1] == "file":
            file = self.folder / directive[3]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
            return
        file = self.folder / directive[2]
        before = file.read_text("utf-8")
        assert directive[3] in before, f"{file} does not hold {directive[3]!r}"
        file.write_text(before.replace(directive[3], content.strip()), "utf-8")

    def _run(self, command: str) -> str:
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:]).resolve()
            return ""
        words = shlex.split(command)
        if words[0] == "ingot" and "|" not in words:
            return _ingot(words[1:], self.folder)
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.stdout

    def rewritten(self) -> str:
        """The page with what was printed in the place of what it showed."""
        text = self.path.read_text("utf-8")
        left = iter(self.printed)

        def block(found: re.Match[str]) -> str:
            if found[1] != "console":
                return found[0]
            lines = []
            for command, shown in commands(found[2]):
                printed = next(left)[2].rstrip("\n")
                same = stable(shown) == stable(printed)
                lines += [f"$ {command}", *([shown.rstrip("\n") if same else printed] if printed else [])]
            return "```console\n" + "\n".join(lines) + "\n```"

        return _FENCE.sub(block, text)


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def stable(output: str) -> str:
    """An output without what differs from one run to the next: seconds, instants, ports, widths."""
    for pattern, replacement in _VOLATILE:
        output = pattern.sub(replacement, output)
    return output.strip("\n")


def _ingot(arguments: list[str], folder: Path) -> str:
    """What a command prints, run in this process, for speed."""
    from ingot.cli import main

    output = io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            main(arguments)
    except SystemExit:  # argparse, after it has printed
        pass
    finally:
        os.chdir(before)
    return output.getvalue()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        shown_page = Page(Path(sys.argv[1]).resolve(), Path(temporary))
        shown_page.run()
        shown_page.path.write_text(shown_page.rewritten(), "utf-8")

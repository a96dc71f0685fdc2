"""Mistakes that people make, kept as data: one file each, with the text that Ingot answers.

A file begins with a sentence on what was done, and the command that was given (`$ ingot dry-run` if there is none).
Then come the files of the project (`--- path`), which lie over those of `PROJECT`, and last what was printed
(`--- answer`).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from ingot import cli

FOLDER = Path(__file__).parent / "cases"
PROJECT = {
    "ingot.yml": "name: shop\n",
    "data/orders/1.csv": "order_id,customer,amount,ordered_at\n1,Ada,120.50,2024-01-01\n2,Grace,80,2024-01-02\n",
    "transformations/bronze.sql": """\
CREATE OR REFRESH STREAMING TABLE bronze.orders
AS SELECT * FROM STREAM read_files('data/orders', format => 'csv', header => true,
  schema => 'order_id BIGINT, customer STRING, amount DECIMAL(10, 2), ordered_at DATE');
""",
}
_SECTION = re.compile(r"^--- (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Mistake:
    """One mistake: what was done, the files, and the answer that is on record."""

    path: Path
    text: str
    command: str
    files: dict[str, str]
    answer: str | None

    @property
    def name(self) -> str:
        return str(self.path.relative_to(FOLDER).with_suffix(""))

    def record(self, answer: str) -> None:
        """Put an answer on record."""
        kept = self.path.read_text().split("--- answer\n")[0]
        self.path.write_text(f"{kept}--- answer\n{answer}")


def read(path: Path) -> Mistake:
    """The mistake of a file."""
    head, *parts = _SECTION.split(path.read_text())
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    answer = sections.pop("answer", None)
    text, _, command = head.strip().partition("\n$ ")
    return Mistake(path, text, command.strip() or "ingot dry-run", sections, answer)


def mistakes() -> list[Mistake]:
    """All mistakes on record."""
    return [read(path) for path in sorted(FOLDER.rglob("*.txt"))]


def answer(mistake: Mistake, folder: Path) -> str:
    """What Ingot prints of the errors; exit code 0 is told, for then the mistake went unnoticed."""
    for name, content in {**PROJECT, **mistake.files}.items():
        _make(folder / name, content)
    out = io.StringIO()
    codes = []
    for command in mistake.command.split("&&"):
        words = shlex.split(command)[1:]
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                codes.append(cli.main(words))
            except SystemExit as stopped:
                codes.append(stopped.code)
    shown = "\n\n".join(errors(out.getvalue()))
    for root in (str(folder), os.path.realpath(folder)):
        shown = shown.replace(root, "<project>")
    return (shown or "(no error)\n" + out.getvalue()) + ("\n" if codes[-1] else "\n(exit code 0)\n")


def _make(path: Path, content: str) -> None:
    """Write a file; what cannot be written down well is described in parentheses."""
    described = re.fullmatch(r"\((absent|link to (\S+)|JSON nested (\d+) deep)\)", content.strip())
    if described is not None and described[1] == "absent":
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if described is not None and described[2]:
        path.symlink_to(described[2])
    elif described is not None:
        path.write_text("[" * int(described[3]) + "1" + "]" * int(described[3]))
    else:
        path.write_text(content)


def errors(printed: str) -> list[str]:
    """The blocks of text that are errors; usage errors of the command line are shown whole."""
    blocks = [block.strip("\n") for block in re.split(r"\n(?=\n|error\[)", printed)]
    found = [block for block in blocks if block.startswith("error[")]
    return found or [line for line in printed.splitlines() if ": error: " in line]

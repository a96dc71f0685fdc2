"""The line of a user's file that an error is about, with the place marked. Reads definitions and settings, never data.

A line that may hold a secret is not shown.
"""

from __future__ import annotations

import re
from pathlib import Path

from ingot.errors import IngotError
from ingot.text_width import text_width

_SHOWN = (".sql", ".py", ".yml", ".yaml")
_BYTES_MAX = 2**20
_WIDTH_MAX = 110
_SECRET = re.compile(r"token|passw|secret|authorization|api[_-]?key|credential", re.IGNORECASE)
_NO_CODE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--.*""")  # of SQL: texts, names, comments
_QUOTED = re.compile(r"'((?:[^'\n]|'(?=\w))+)'")


def excerpt(error: IngotError, root: Path | None = None) -> list[str]:
    """The error's line, and a line of `^` below what its message names; nothing where there is nothing to show.

    Args:
        error: The error.
        root: The folder from which its path is taken, if that is relative.
    """
    location = error.location
    if location is None or location.line is None:
        return []
    line = _line(Path(root or ".") / location.path, location.line)
    if line is None or not line.strip() or (location.path.endswith(_SHOWN[2:]) and _SECRET.search(line)):
        return []
    within = _statement(line, location.column) if location.path.endswith(".sql") else (0, len(line))
    start, end = _marked(line, within, _QUOTED.findall(error.message), location.column)
    line, start, end = _cropped(line, start, end)
    number = str(location.line)
    lines = [f"  {number} │ {line}"]
    if end > start:
        lines.append(f"  {' ' * len(number)} │ {_blank(line[:start])}{'^' * (end - start)}")
    return lines


def _line(path: Path, number: int) -> str | None:
    """A line of a text file, or None."""
    try:
        if path.suffix not in _SHOWN or not path.is_file() or path.stat().st_size > _BYTES_MAX:
            return None
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if not 0 < number <= len(lines):
        return None
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in lines[number - 1].rstrip())


def _statement(line: str, column: int | None) -> tuple[int, int]:
    """Where the statement at the column stands, of several in one line of SQL: the others are not what is wrong."""
    if column is None:
        return 0, len(line)
    code = _NO_CODE.sub(lambda found: " " * len(found[0]), line)
    start, end = code.rfind(";", 0, column - 1) + 1, code.find(";", column - 1)
    end = len(code) if end < 0 else end
    return (start, end) if code[start:end].strip() else (0, len(line))


def _marked(line: str, within: tuple[int, int], names: list[str], column: int | None) -> tuple[int, int]:
    """Where the first name of the message stands in that part of the line, nearest to the column if it is there twice;
    the beginning of the part, and nothing to mark, if no name is."""
    for name in names:
        for wanted in (name, name.rsplit(".", 1)[-1]):
            found = [m.span() for m in re.compile(_whole(wanted), re.IGNORECASE).finditer(line, *within)]
            if found:
                return min(found, key=lambda span: abs(span[1] - column) if column is not None else span[0])
    return within[0], within[0]


def _whole(name: str) -> str:
    """The pattern of a name as a whole word, or of other characters as they are."""
    before = r"(?<!\w)" if name[:1].isalnum() else ""
    after = r"(?!\w)" if name[-1:].isalnum() else ""
    return before + re.escape(name) + after


def _cropped(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a long line around the mark."""
    if len(line) <= _WIDTH_MAX:
        return line, start, end
    first = max(0, min(start - _WIDTH_MAX // 3, len(line) - _WIDTH_MAX))
    shown = line[first : first + _WIDTH_MAX]
    head, tail = ("…" if first else ""), ("…" if first + _WIDTH_MAX < len(line) else "")
    shift = len(head) - first
    return head + shown + tail, start + shift, min(end + shift, len(head) + len(shown))


def _blank(text: str) -> str:
    """Blanks as wide as a text: tabs stay, wide characters take two."""
    return "".join("\t" if c == "\t" else " " * text_width(c) for c in text)

"""Which files an entry means: patterns of paths below its folder.

Owns the meaning of `*`, `?`, `[…]`, `{a,b}` and `**`. Lists nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WILD = re.compile(r"[*?\[{]")
_VISIBLE = r"(?!\.|_(?![^/]*=))"  # readers of the landing zone do not see other names


class Pattern:
    """Paths that fit one of several patterns, and none of those that begin with `!`.

    `**` stands for any number of folders. What begins with a full stop or an underscore fits only where the pattern
    says so; `_key=value` is no such name.

    >>> pattern = Pattern(["**/*.csv", "!old/**"])
    >>> [pattern.fits(path) for path in ("a.csv", "2024/a.csv", "old/a.csv", "a.txt", "_tmp/a.csv")]
    [True, True, False, False, False]
    """

    def __init__(self, texts: Sequence[str]):
        self._texts = [plain for text in texts if not text.startswith("!") for plain in _alternatives(text)]
        excluded = [plain for text in texts if text.startswith("!") for plain in _alternatives(text[1:])]
        self._wanted = re.compile("|".join(_regex(text, _VISIBLE) for text in self._texts), re.DOTALL)
        self._excluded = re.compile("|".join(_regex(text, "") for text in excluded), re.DOTALL) if excluded else None

    def fits(self, path: str) -> bool:
        """Whether a file is wanted."""
        return self._wanted.fullmatch(path) is not None and not (self._excluded and self._excluded.fullmatch(path))

    def may_lead(self, folder: str) -> bool:
        """Whether files below a folder may be wanted."""
        parts = folder.split("/")
        return any(_leads(text.split("/"), parts) for text in self._texts)

    @property
    def folder(self) -> str:
        """The folder that all wanted files lie in, with a slash at its end; empty if that is all."""
        fixed = [_fixed_parts(text) for text in self._texts]
        shared = []
        for parts in zip(*fixed, strict=False):
            if len(set(parts)) > 1:
                break
            shared.append(parts[0])
        return "".join(f"{part}/" for part in shared)

    @property
    def is_flat(self) -> bool:
        """Whether all wanted files lie in `folder` itself, and in none below it."""
        rests = [text.removeprefix(self.folder) for text in self._texts]
        return not any("/" in rest or rest == "**" for rest in rests)


def is_wild(text: str) -> bool:
    """Whether a text has a character that means something in a pattern."""
    return _WILD.search(text) is not None


def _alternatives(text: str) -> list[str]:
    """Expand `{a,b}`, which may hold slashes."""
    found = re.search(r"\{([^{}]*)\}", text)
    if found is None:
        return [_plain(text.strip("/"))]
    return [
        expanded
        for choice in found[1].split(",")
        for expanded in _alternatives(text[: found.start()] + choice + text[found.end() :])
    ]


def _plain(text: str) -> str:
    """The same pattern without wildcards that add nothing, which would make matching slow."""
    parts = ["**" if part == "**" else re.sub(r"\*+", "*", part) for part in text.split("/")]
    return "/".join(part for at, part in enumerate(parts) if parts[at - 1 : at + 1] != ["**", "**"])


def _regex(text: str, visible: str) -> str:
    parts = text.split("/")
    folders = "".join(
        f"(?:{visible}[^/]+/)*" if part == "**" else _part(part, visible) + "/"
        for part in parts[:-1]
    )  # fmt: skip
    last = f"(?:{visible}[^/]+/)*{visible}[^/]+" if parts[-1] == "**" else _part(parts[-1], visible)
    return folders + last


def _part(text: str, visible: str) -> str:
    """One part of a path as a regular expression."""
    out, at = visible if is_wild(text[:1]) else "", 0
    while at < len(text):
        closing = text.find("]", at + 2) if text[at] == "[" else -1
        if closing > 0:
            body = text[at + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            out += f"(?!/)[{'^' + body[1:] if body[0] in '!^' else body}]"
            at = closing
        else:
            out += {"*": "[^/]*", "?": "[^/]"}.get(text[at]) or re.escape(text[at])
        at += 1
    return out


def _leads(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Follow the folder's parts through the pattern: the places where the next part may fit."""
    places = _from_here(pattern, {0})
    for part in folder:
        after = set()
        for place in places:
            if pattern[place] == "**":
                if re.match(_VISIBLE, part):
                    after.add(place)
            elif place + 1 < len(pattern) and re.fullmatch(_part(pattern[place], _VISIBLE), part, re.DOTALL):
                after.add(place + 1)
        places = _from_here(pattern, after)
    return bool(places)


def _from_here(pattern: Sequence[str], places: set[int]) -> set[int]:
    """The places, and those after a `**`, which may stand for no folder."""
    return places | {place + 1 for place in places if pattern[place] == "**" and place + 1 < len(pattern)}


def _fixed_parts(text: str) -> list[str]:
    """The folders before the first one with a wildcard."""
    parts = []
    for part in text.split("/")[:-1]:
        if is_wild(part):
            break
        parts.append(part)
    return parts

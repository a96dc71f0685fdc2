"""Java's regular expressions in Python's `re`, for patterns that RE2 cannot take and for those known only from rows.

Owns the translation, which refuses what the two read differently. Letters are ASCII's for classes and for case, as
Java's are by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingot.engines.duckdb.kernels import Kernel

_ANY = "[^\\n\\r\\x85\\u2028\\u2029]"
_END = "(?=(?:\\r\\n|(?<!\\r)\\n|[\\r\\x85\\u2028\\u2029])?\\Z)"
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_GROUP = re.compile(r"\(\?(?:<([A-Za-z]\w*)>|(=|!|<=|<!|:|>)|([is]+)(\)|:))")


class _Refused(ValueError):
    def __init__(self, pattern: str, what: str):
        super().__init__(f"UNSUPPORTED_PATTERN: the regular expression {pattern!r} uses {what}, which is not supported")


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for Python.

    Raises:
        ValueError: `UNSUPPORTED_PATTERN`, for what Python has not or reads otherwise.
    """
    text, flags = _translated(pattern)
    try:
        return re.compile(text, flags | re.ASCII)
    except (re.error, OverflowError) as error:
        raise _Refused(pattern, f"a form that cannot be read ({error})") from error


def _translated(pattern: str) -> tuple[str, int]:
    result, at, flags = "", 0, 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("\\Q", at):
            end = (pattern + "\\E").index("\\E", at)
            result += re.escape(pattern[at + 2 : end])
            at = end + 2
        elif char == "\\":
            piece, at = _escape(pattern, at, is_class=False)
            result += piece
        elif char == "[":
            piece, at = _class(pattern, at)
            result += piece
        elif char == "(" and pattern[at + 1 : at + 2] == "?":
            group = _GROUP.match(pattern, at)
            if group is None:
                raise _Refused(pattern, "this kind of group")
            if group[3] and group[4] == ")":
                if at:
                    raise _Refused(pattern, "a flag inside of a pattern")
                flags = sum({"i": re.IGNORECASE, "s": re.DOTALL}[f] for f in set(group[3]))
            else:
                result += f"(?P<{group[1]}>" if group[1] else group[0]
            at = group.end()
        elif char == "{" and not _COUNT.match(pattern, at):
            raise _Refused(pattern, "a brace that is no count")
        else:
            result += {"$": _END, ".": "." if flags & re.DOTALL else _ANY}.get(char, char)
            at += 1
    if "(?s" in result or "(?is" in result or "(?si" in result:
        raise _Refused(pattern, "a flag for a part of a pattern")
    return result, flags


def _escape(pattern: str, at: int, is_class: bool) -> tuple[str, int]:
    char = pattern[at + 1 : at + 2]
    if char == "k" and not is_class:
        named = re.match(r"\\k<(\w+)>", pattern[at:])
        if named is not None:
            return f"(?P={named[1]})", at + named.end()
    if char == "z" and not is_class:
        return "\\Z", at + 2
    if (
        char.isalnum()
        and char not in ("wWdDsSntrfbB" if not is_class else "wWdDsSntrf")
        and not (char.isdigit() and char != "0" and not is_class)
    ):
        raise _Refused(pattern, f"the escape \\{char}")
    if not char or ord(char) > 127:
        raise _Refused(pattern, "this escape")
    return pattern[at : at + 2], at + 2


def _class(pattern: str, start: int) -> tuple[str, int]:
    """A class in brackets."""
    at = start + 1
    result = "["
    if pattern[at : at + 1] == "^":
        result, at = "[^", at + 1
    first = at
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern[at] == "[" or pattern[at : at + 2] == "&&":
            raise _Refused(pattern, "classes within classes")
        if pattern[at] == "]":
            raise _Refused(pattern, "an empty class")
        if pattern[at] == "\\":
            piece, at = _escape(pattern, at, is_class=True)
            result += piece
            continue
        result += pattern[at]
        at += 1
    if at >= len(pattern):
        raise _Refused(pattern, "a class that is never closed")
    return f"{result}]", at + 1


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """Java's replacement text: `$1`, `${name}`, `\\\\` before anything."""
    result, at = "", 0
    while at < len(replacement):
        char = replacement[at]
        if char == "\\":
            result += replacement[at + 1 : at + 2]
            at += 2
            continue
        if char != "$":
            result += char
            at += 1
            continue
        named = re.match(r"\$\{(\w+)\}", replacement[at:])
        if named is not None and named[1] in match.re.groupindex:
            result += match[named[1]] or ""
            at += named.end()
            continue
        digits = re.match(r"\$(\d+)", replacement[at:], re.ASCII)
        if digits is None:
            raise ValueError(
                f"INVALID_REPLACEMENT: {replacement!r} names no group after $; use \\$ for the sign itself"
            )
        number = digits[1]
        while len(number) > 1 and int(number) > match.re.groups:
            number = number[:-1]
        if int(number) > match.re.groups:
            raise ValueError(f"INVALID_REPLACEMENT: {replacement!r} names the group {number}, which is not there")
        result += match[int(number)] or ""
        at += 1 + len(number)
    return result


def _replace(text: str, pattern: str, replacement: str, position: int) -> str:
    """Replace from a position on. There the text begins for the pattern, which sees nothing of what stands before."""
    if position < 1 or (position > len(text) and position > 1):
        return text
    pieces, at = [text[: position - 1]], position - 1
    rest = text[at:]
    for match, is_within in _found(pattern, rest):
        start = position - 1 + match.start()
        if is_within:  # Java writes the two halves that it has torn apart as two question marks
            pieces += ["?", _expanded(replacement, match), "?"]
            at = start + 1
        else:
            pieces += [text[at:start], _expanded(replacement, match)]
            at = position - 1 + match.end()
    return "".join([*pieces, text[at:]])


def _found(pattern: str, text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """What Java finds, one after the other, and whether it is nothing within a character.

    Java counts in halves of the characters beyond U+FFFF: what is nothing before such a one is found in its middle too.
    """
    for match in compiled(pattern).finditer(text):
        yield match, False
        if match[0] or text[match.start() : match.start() + 1] < "\U00010000":
            continue
        half = compiled(pattern).match("\udc00" + text[match.start() + 1 :])
        if half is None:
            continue
        if half[0]:
            raise ValueError(f"UNSUPPORTED_PATTERN: {pattern!r} matches a half of {text[match.start()]!r} in Java")
        yield match, True


def _group(match: re.Match[str], group: int) -> str:
    """The text of a group, which must exist; Spark too looks for it only in what matches."""
    if not 0 <= group <= match.re.groups:
        raise ValueError(
            f"INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX: the pattern {match.re.pattern!r} has no group {group}"
        )
    return match[group] or ""


def _extract(text: str, pattern: str, group: int) -> str:
    match = compiled(pattern).search(text)
    return _group(match, group) if match else ""


def _extract_all(text: str, pattern: str, group: int) -> list[str]:
    return [_group(match, group) for match, _ in _found(pattern, text)]


def _position(text: str, pattern: str) -> int:
    match = compiled(pattern).search(text)
    return match.start() + 1 if match else 0


def _first(text: str, pattern: str) -> str | None:
    """What matches first, but never the empty text: Spark's `regexp_substr` gives NULL for that."""
    match = compiled(pattern).search(text)
    return match[0] or None if match else None


def _split(text: str, pattern: str, limit: int) -> list[str]:
    if not pattern and limit <= 0:
        return list(text) or [""]
    parts: list[str] = []
    at = 0
    for match in compiled(pattern).finditer(text):
        if limit > 0 and len(parts) == limit - 1:
            break
        if match.end() == 0 or (match.start() == match.end() == len(text) and not pattern):
            continue  # nothing at the start is no separator
        parts.append(text[at : match.start()])
        at = match.end()
    return [*parts, text[at:]]


_TWO = "VARCHAR, VARCHAR"
KERNELS = {
    "rx_matches": Kernel(lambda text, pattern: compiled(pattern).search(text) is not None, _TWO, "BOOLEAN"),
    "rx_replace": Kernel(_replace, f"{_TWO}, VARCHAR, INTEGER", "VARCHAR"),
    "rx_extract": Kernel(_extract, f"{_TWO}, INTEGER", "VARCHAR"),
    "rx_extract_all": Kernel(_extract_all, f"{_TWO}, INTEGER", "VARCHAR[]"),
    "rx_count": Kernel(lambda text, pattern: sum(1 for _ in _found(pattern, text)), _TWO, "INTEGER"),
    "rx_position": Kernel(_position, _TWO, "INTEGER"),
    "rx_first": Kernel(_first, _TWO, "VARCHAR"),
    "rx_split": Kernel(_split, f"{_TWO}, INTEGER", "VARCHAR[]"),
}

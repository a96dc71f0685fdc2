"""Java's regular expressions in RE2, which DuckDB has.

What RE2 has not (look-around, backreferences, possessive quantifiers) or reads otherwise is refused, by name.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.scope import Scope, literal, refuse
from ingot.engines.duckdb.types import quote_text
from ingot.errors import UnsupportedError

_REFUSED = (
    (r"\(\?(?:=|!|<=|<!|>)", "look-ahead, look-behind and atomic groups"),
    (r"\\[1-9k]", "backreferences"),
    (r"(?:[*+?]|\{\d*,?\d*\})\+", "possessive quantifiers"),
    (r"\\[GZXRhHvVQE]|\\b\{g\}", "this escape"),
    (r"\[[^\]]*&&", "intersections of character classes"),
    (r"(?<!\\)\[(?:\^)?(?:\\.|[^\]\\\[])*\[(?!:)", "nested character classes"),
    (r"\(\?[a-zA-Z]*[uxdU]", "this flag"),
    (r"(?s)\(\?[a-ln-zA-Z]*m.*[$^]", "line by line matching (the flag m)"),
    # Java folds only ASCII letters then, RE2 all.
    (r"(?s)\(\?[a-zA-Z]*i.*[^\x00-\x7f]|[^\x00-\x7f].*\(\?[a-zA-Z]*i", "letters beyond ASCII without regard to case"),
)
_JAVA_CLASSES = {
    "Alpha": "[:alpha:]", "Digit": "[:digit:]", "Alnum": "[:alnum:]", "Punct": "[:punct:]", "Upper": "[:upper:]",
    "Lower": "[:lower:]", "Space": "[:space:]", "XDigit": "[:xdigit:]", "Cntrl": "[:cntrl:]", "Graph": "[:graph:]",
    "Print": "[:print:]", "Blank": "[:blank:]", "ASCII": "[:ascii:]",
}  # fmt: skip

# The parts of a pattern that may hold a brace; a brace of its own, which Java takes for a broken count, is a group.
_BRACES = re.compile(r"\\[pPx]\{\w+\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|(\{)", re.DOTALL)

# How a text may end behind `$`, for Java's `$` also stands before a final line end.
_LINE_END = r"(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z"


def matches(text: str, pattern: exp.Expr, scope: Scope) -> str:
    """Whether the pattern is found in a text."""
    try:
        return f"regexp_matches({_searched(text, pattern, scope, is_test=True)}, {_test_pattern(pattern, scope)})"
    except UnsupportedError as error:
        return f"{PREFIX}rx_matches({text}, {python_pattern(pattern, scope, error)})"


def python_pattern(node: exp.Expr, scope: Scope, refusal: UnsupportedError) -> str:
    """A pattern that RE2 cannot take, for a kernel: any expression, or a literal that Python reads as Java does.

    Raises:
        UnsupportedError: the refusal, for other literals.
    """
    found = literal(node)
    if found is None:
        return scope.lower(node)
    from ingot.engines.duckdb.kernels.regexes import compiled

    try:
        compiled(found)
    except ValueError:
        raise refusal from None
    return quote_text(found)


def searched(text: str, pattern: exp.Expr, scope: Scope) -> str:
    """The text in which a pattern is searched.

    With `$` in the pattern a text with a line end at its end raises: there Java's `$` stands in two places.
    """
    return _searched(text, pattern, scope, is_test=False)


def _searched(text: str, pattern: exp.Expr, scope: Scope, is_test: bool) -> str:
    found = literal(pattern) or ""
    ends = _ends(found)
    if not ends or (is_test and _is_last(found, ends)):
        return text
    # `\\s+` before `$` takes the usual line ends itself, in both.
    takes_usual = all(found[max(0, at - 3) : at] == "\\s+" for at in ends)
    check = "ingot_without_rare_line_end" if takes_usual else "ingot_without_line_end"
    return scope.let(text, lambda value: f"{check}({value})")


def _test_pattern(node: exp.Expr, scope: Scope) -> str:
    found = literal(node) or ""
    ends = _ends(found)
    if not ends or not _is_last(found, ends):
        return checked_pattern(node, scope)
    checked_pattern(node, scope)
    for at in reversed(ends):
        found = found[:at] + "\0" + found[at + 1 :]
    return quote_text(translated(found, node).replace("\0", _LINE_END))


def _ends(pattern: str) -> list[int]:
    """Where `$` stands as an operator."""
    found, is_class, at = [], False, 0
    while at < len(pattern):
        match pattern[at]:
            case "\\":
                at += 1
            case "[":
                is_class = True
            case "]":
                is_class = False
            case "$" if not is_class:
                found.append(at)
        at += 1
    return found


def _is_last(pattern: str, ends: list[int]) -> bool:
    """Whether nothing can follow any of these `$` in a match: only brackets are closed behind them."""
    last = len(pattern.rstrip(")")) - 1
    is_flat = "(" not in pattern
    is_end = all(at == last or (is_flat and pattern[at + 1 : at + 2] == "|") for at in ends)
    return is_end and "\\r" not in pattern and "\r" not in pattern


def checked_pattern(node: exp.Expr, scope: Scope) -> str:
    """The SQL of a pattern argument, translated when it is a literal.

    Raises:
        UnsupportedError: for patterns that are no literals, and for what RE2 cannot do.
    """
    pattern = literal(node)
    if pattern is None:
        raise refuse(node, "a regular expression must be a literal", "write the pattern as text")
    return quote_text(translated(pattern, node))


def translated(pattern: str, node: exp.Expr) -> str:
    """The same pattern for RE2."""
    for refused, what in _REFUSED:
        if re.search(refused, _without_escaped_backslashes(pattern)):
            raise refuse(node, f"the regular expression {pattern!r} uses {what}, which is not supported")
    _check(pattern, node)
    named = re.sub(r"\(\?<([A-Za-z]\w*)>", r"(?P<\1>", pattern)
    return _with_line_ends(re.sub(r"\\([pP])\{(\w+)\}", lambda m: _class(m, named), named))


def _without_escaped_backslashes(pattern: str) -> str:
    return pattern.replace("\\\\", "__")


def _class(match: re.Match[str], pattern: str) -> str:
    name = match[2]
    if name.startswith("Is") and name[2:] in ("Alphabetic", "Letter", "L"):
        return f"\\{match[1]}{{L}}"
    posix = _JAVA_CLASSES.get(name)
    if posix is None:
        return match[0]
    inside = pattern.count("[", 0, match.start()) > pattern.count("]", 0, match.start())
    body = posix if match[1] == "p" else posix.replace("[:", "[:^")
    return body if inside else f"[{body}]"


def _with_line_ends(text: str) -> str:
    """Write out what Java and RE2 read otherwise: `.` takes no \\r in Java, `\\s` takes the vertical tab."""
    takes_all = "(?s" in text or "(?i-s" in text or "(?is" in text
    result, at, depth = "", 0, 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            pair = text[at : at + 2]
            result += {"\\s": "\\s\\x0b" if depth else "[\\s\\x0b]"}.get(pair, pair)
            at += 2
            continue
        if char == "[" and not depth:
            depth = 1
            end = at + 2 if text[at + 1 : at + 2] == "^" else at + 1
            if text[end : end + 1] == "]":
                end += 1
            result += text[at:end]
            at = end
            continue
        if char == "[" and text[at : at + 2] == "[:":
            end = text.index(":]", at) + 2
            result += text[at:end]
            at = end
            continue
        if char == "]" and depth:
            depth = 0
        result += r"[^\n\r\x{85}\x{2028}\x{2029}]" if char == "." and not depth and not takes_all else char
        at += 1
    return result


def _check(pattern: str, node: exp.Expr) -> None:
    """Refuse what is no regular expression for Java either."""
    if any(part[1] for part in _BRACES.finditer(pattern)):
        raise refuse(node, f"the regular expression {pattern!r} cannot be read: a brace that is no count")
    try:
        re.compile(_for_python(pattern))
    except re.error as error:
        raise refuse(node, f"the regular expression {pattern!r} cannot be read: {error}") from error


def _for_python(pattern: str) -> str:
    """The pattern with a letter for each class that Python has not: of the same form, not of the same meaning."""
    return re.sub(
        r"\\[pP](?:\{\w+\})?|\(\?<(?=[a-zA-Z])|\[:\^?\w+:\]",
        lambda m: "(?P<" if m[0] == "(?<" else "a",
        pattern,
    )


def may_match_nothing(pattern: str) -> bool:
    """Whether a pattern that `translated` takes can match the empty text, by itself or between two letters."""
    found = re.compile(_for_python(pattern))
    return any(not match[0] for text in ("", "a", "aa") for match in found.finditer(text))


def replacement(node: exp.Expr) -> str:
    """Java's replacement text (`$1`, `\\$`) as RE2's (`\\1`).

    Raises:
        UnsupportedError: when it is no literal or names a group.
    """
    text = literal(node)
    if text is None:
        raise refuse(node, "the replacement of regexp_replace must be a literal")
    result, at = "", 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            result += "\\\\" if text[at + 1] == "\\" else text[at + 1]
            at += 1
        elif char == "$":
            digits = text[at + 1 : at + 2]
            if not digits.isdigit():
                raise refuse(node, f"the replacement {text!r} names a group; number it")
            result += f"\\{digits}"
            at += 1
        else:
            result += char
        at += 1
    return quote_text(result)

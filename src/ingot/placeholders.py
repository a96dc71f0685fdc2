"""`${key}` and `{{key}}`: values of the configuration within definitions and settings, put in before parsing.

Owns the syntax of a placeholder, where its value comes from, and which place of the filled text came from
which place of the original. Never asks for a secret.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ingot.errors import IngotError, Location, UnsupportedError, nearest

_PLACEHOLDER = re.compile(r"\$\{([^{}\n]*)\}|\{\{[ \t]*([A-Za-z_][\w.\-]*)[ \t]*\}\}")
_DOLLAR = re.compile(r"\$\{([^{}\n]*)\}")
_SPARK_PREFIXES = ("spark:", "sparkconf:", "hivevar:", "hiveconf:")

Place = Callable[[int], Location]


@dataclass(frozen=True)
class Filled:
    """A text with its values in place. `cuts` holds, by value, (start, end, original start, original end)."""

    text: str
    cuts: tuple[tuple[int, int, int, int], ...] = ()

    def origin(self, offset: int) -> int:
        """The offset in the original text; anywhere within a value, where its placeholder begins."""
        index = bisect_right(self.cuts, offset, key=lambda cut: cut[0]) - 1
        if index < 0:
            return offset
        _, end, original_start, original_end = self.cuts[index]
        return original_start if offset < end else original_end + offset - end


def fill(
    text: str,
    values: Mapping[str, str],
    place: Place,
    error: type[IngotError],
    spans: Iterable[tuple[int, int]] | None = None,
) -> Filled:
    """Replace every placeholder of SQL text.

    Args:
        text: The text as the user wrote it.
        values: The configuration.
        place: Gives the location of an offset in `text`.
        error: The class to raise for an undefined key.
        spans: The parts of the text in which to look; all of it if None.

    Raises:
        IngotError: `undefined-parameter`, of the class `error`.
        UnsupportedError: for `${secret:…}`.
    """
    return _fill(text, values, place, error, spans or ((0, len(text)),), _PLACEHOLDER)


def fill_setting(text: str, values: Mapping[str, str], location: Location, error: type[IngotError]) -> str:
    """Replace `${key}` in a value of the settings; `{{key}}` is left to those who have another use for it."""
    return _fill(text, values, lambda _: location, error, ((0, len(text)),), _DOLLAR).text


def _fill(
    text: str,
    values: Mapping[str, str],
    place: Place,
    error: type[IngotError],
    spans: Iterable[tuple[int, int]],
    pattern: re.Pattern[str],
) -> Filled:
    if "${" not in text and "{{" not in text:
        return Filled(text)
    parts: list[str] = []
    cuts: list[tuple[int, int, int, int]] = []
    done = length = 0
    for start, end in spans:
        for match in pattern.finditer(text, start, end):
            value = _value((match[match.lastindex or 0]).strip(), values, place(match.start()), error)
            kept = text[done : match.start()]
            parts += (kept, value)
            length += len(kept)
            cuts.append((length, length + len(value), match.start(), match.end()))
            length += len(value)
            done = match.end()
    parts.append(text[done:])
    return Filled("".join(parts), tuple(cuts))


def _value(key: str, values: Mapping[str, str], location: Location, error: type[IngotError]) -> str:
    if key in values:
        return values[key]
    if key.startswith("secret:") or key.startswith("secrets/"):
        raise UnsupportedError(
            f"secrets are not supported yet: '{key}'",
            location=location,
            hint="set an environment variable and write ${env:NAME}",
            code="unsupported-secret",
        )
    if key.startswith("env:"):
        name = key.removeprefix("env:")
        if name in os.environ:
            return os.environ[name]
        raise error(
            f"the environment variable '{name}' is not set",
            location=location,
            hint=f"export {name}=…",
            code="undefined-parameter",
        )
    for prefix in _SPARK_PREFIXES:
        if key.startswith(prefix) and key.removeprefix(prefix) in values:
            return values[key.removeprefix(prefix)]
    suggestion = nearest(key, list(values))
    raise error(
        f"the parameter '{key}' is not defined" if key else "the parameter's name is missing",
        location=location,
        hint=f"did you mean '{suggestion}'?" if suggestion else f"add it to `configuration`, or: --set {key}=…",
        code="undefined-parameter",
    )

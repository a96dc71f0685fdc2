"""`${key}` and `{{key}}`: values of the configuration within definitions and settings, put in before parsing.

Owns the syntax of a placeholder, where its value comes from, and which place of the filled text came from
which place of the original. Never asks for a secret: `${secret:name}` stays as it is where it may stand, and is
refused elsewhere.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ingot.errors import IngotError, Location, near_hint

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
        IngotError: `misplaced-secret`, for `${secret:…}`, also within a value.
    """
    return _fill(text, values, place, error, spans or ((0, len(text)),), _PLACEHOLDER)


def fill_setting(
    text: str, values: Mapping[str, str], location: Location, error: type[IngotError], *, keeps_secrets: bool = False
) -> str:
    """Replace `${key}` in a value of the settings; `{{key}}` is left to those who have another use for it.

    With `keeps_secrets`, `${secret:…}` stays as it is, for whoever asks for it when it is needed.
    """
    return _fill(text, values, lambda _: location, error, ((0, len(text)),), _DOLLAR, keeps_secrets).text


def _fill(
    text: str,
    values: Mapping[str, str],
    place: Place,
    error: type[IngotError],
    spans: Iterable[tuple[int, int]],
    pattern: re.Pattern[str],
    keeps_secrets: bool = False,
) -> Filled:
    if "${" not in text and "{{" not in text:
        return Filled(text)
    parts: list[str] = []
    cuts: list[tuple[int, int, int, int]] = []
    done = length = 0
    for start, end in spans:
        for match in pattern.finditer(text, start, end):
            key = (match[match.lastindex or 0]).strip()
            if key.startswith("secret:") and keeps_secrets:
                value = match[0]
            else:
                value = _value(key, values, place(match.start()), error)
                if "${secret:" in value and not keeps_secrets:
                    raise _misplaced_secret(key, place(match.start()), error)
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
        raise _misplaced_secret(key, location, error)
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
    raise error(
        f"the parameter '{key}' is not defined" if key else "the parameter's name is missing",
        location=location,
        hint=near_hint(key, list(values), f"add it to `configuration`, or: --set {key}=…"),
        code="undefined-parameter",
    )


def _misplaced_secret(key: str, location: Location, error: type[IngotError]) -> IngotError:
    return error(
        f"'{key}' is a secret, which would be shown in plans and logs here",
        location=location,
        hint="write ${secret:name} in the options of a source, or dbutils.secrets.get in a Python file",
        code="misplaced-secret",
    )

"""Reading the options of one entry of `sources`: types, ranges, unknown keys, `{placeholders}`.

Every complaint is a ProjectError that names the source, the key and the place in `ingot.yml`. Values of
headers and queries may be secrets, so no message shows them.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingot.errors import ProjectError, nearest
from ingot.model import SourceSpec

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
PLAIN_NAME = re.compile(r"[^\s._/\\\x00-\x1f][^/\\\x00-\x1f]*")  # of a file or a folder, shown to readers
_UNIT_S = {"ms": 0.001, "s": 1, None: 1, "m": 60, "h": 3600}


def options_of(spec: SourceSpec, known: tuple[str, ...]) -> Options:
    """The options of a whole entry, whose name is that of the source's folder in the landing zone.

    Raises:
        ProjectError: an option is unknown, or the name is not fit for a folder.
    """
    options = Options(spec, known)
    if not PLAIN_NAME.fullmatch(spec.name):
        raise options.error("its name must be fit for a folder: no slash, no dot or underscore first")
    return options


def project_folder(spec: SourceSpec) -> Path:
    """The folder of the file that the entry stands in: relative paths begin there."""
    return Path(spec.location.path).parent if spec.location else Path()


class Options:
    """The options of one source, read key by key. `known` lists the keys that the source understands; `within` is
    the part of the entry that `spec.options` are, such as `resource 'orders'`."""

    def __init__(self, spec: SourceSpec, known: tuple[str, ...], within: str = ""):
        self._spec = spec
        self._within = f"{within}: " if within else ""
        for key in spec.options:
            if key not in known:
                guess = nearest(str(key), known)
                hint = f"did you mean {guess!r}?" if guess else f"known keys: {', '.join(known)}"
                raise self.error(f"unknown key {key!r}", hint=hint, code="unknown-key", key=key)

    def error(
        self, what: str, *, hint: str | None = None, code: str = "invalid-source", key: str | None = None
    ) -> ProjectError:
        """An error about this source, to be raised; about one of its keys, where that stands if it is known."""
        message = f"source {self._spec.name!r}: {self._within}{what}"
        places = {} if key is None or self._within else self._spec.places  # keys within a part stand elsewhere
        return ProjectError(message, location=places.get(key or "", self._spec.location), hint=hint, code=code)

    def text(self, key: str) -> str | None:
        value = self._spec.options.get(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, value, "text")
        return value

    def plain(self, key: str) -> str | None:
        """Text, or a number as text: YAML takes `min_size: 20` for a number."""
        value = self._spec.options.get(key)
        return None if value is None else self._scalar(key, value)

    def required_text(self, key: str, example: str) -> str:
        value = self.text(key)
        if not value:
            raise self.error(f"{key!r} is missing", hint=f"{key}: {example}", code="missing-key")
        return value

    def whole_number(self, key: str, default: int, low: int, high: int) -> int:
        value = self._spec.options.get(key, default)
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)  # what came through ${…} is text
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, value, "a whole number")
        if not low <= value <= high:
            raise self.error(f"{key!r} must lie between {low} and {high}, not {value}", code="out-of-range", key=key)
        return value

    def truth(self, key: str) -> bool:
        """Whether a key says `true`; what came through `${…}` is text."""
        value = self._spec.options.get(key, False)
        if isinstance(value, bool):
            return value
        if value not in ("true", "false"):
            raise self._wrong(key, value, "true or false")
        return value == "true"

    def seconds(self, key: str, default: float) -> float:
        """A duration: a number of seconds, or text such as `30s`, `500ms`, `2m`."""
        value = self._spec.options.get(key, default)
        found = None if isinstance(value, bool) else _DURATION.fullmatch(str(value).strip())
        if found is None:
            raise self._wrong(key, value, "a duration such as 30s")
        duration_s = float(found[1]) * _UNIT_S[found[2]]
        if not 0 < duration_s <= 24 * 3600:
            raise self.error(f"{key!r} must lie between 0 s and 24 h, not {value}", code="out-of-range", key=key)
        return duration_s

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of names to values, empty if the key is missing."""
        value = self._spec.options.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._wrong(key, value, "a mapping of names to values", is_secret=True)
        return {str(name): self._scalar(f"{key}.{name}", item) for name, item in value.items()}

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping of names to values of any kind, empty if the key is missing."""
        value = self._spec.options.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._wrong(key, value, "a mapping of names to values", is_secret=True)
        return {str(name): item for name, item in value.items()}

    def rows(self, key: str) -> list[dict[str, str]]:
        """A list of mappings with the same keys; one empty mapping if the key is missing."""
        value = self._spec.options.get(key)
        if value is None:
            return [{}]
        if not isinstance(value, list | tuple) or not value:
            raise self._wrong(key, value, "a list of mappings such as [{file: a.csv}]")
        rows = []
        for number, item in enumerate(value, 1):
            if not isinstance(item, Mapping):
                raise self._wrong(f"{key}[{number}]", item, "a mapping such as {file: a.csv}")
            rows.append({str(name): self._scalar(f"{key}[{number}].{name}", v) for name, v in item.items()})
        return rows

    def one_or_more(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts; none if the key is missing."""
        value = self._spec.options.get(key)
        if value is None:
            return ()
        texts = list(value) if isinstance(value, list | tuple) else [value]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise self._wrong(key, value, "a text or a list of texts")
        return tuple(texts)

    def fill(self, key: str, template: str, values: Mapping[str, str]) -> str:
        """Replace `{name}` in a template; `{{` and `}}` stand for braces."""
        filled: list[str] = []
        try:
            parts = list(string.Formatter().parse(template))
        except ValueError as error:
            hint = "write {{ and }} for braces that are no placeholder"
            raise self.error(f"{key!r} has braces that do not match", hint=hint, key=key) from error
        for literal, name, form, conversion in parts:
            filled.append(literal)
            if name is None:
                continue
            if form or conversion or name not in values:
                raise self._unknown_placeholder(key, name, values)
            filled.append(values[name])
        return "".join(filled)

    def fill_known(self, template: str, values: Mapping[str, str]) -> str:
        """Replace `{name}` where for_each gives it; other braces stay, for a secret may hold some."""
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)

    def _unknown_placeholder(self, key: str, name: str, values: Mapping[str, str]) -> ProjectError:
        guess = nearest(name, list(values))
        hint = f"did you mean {{{guess}}}?" if guess else f"add {name!r} to the entries of for_each"
        what = f"{key!r} has the placeholder {{{name}}}, which for_each does not give"
        return self.error(what, hint=hint, code="unknown-placeholder", key=key)

    def _scalar(self, key: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._wrong(key, value, "text or a number", is_secret=True)
        return str(value)

    def _wrong(self, key: str, value: Any, wanted: str, *, is_secret: bool = False) -> ProjectError:
        found = f"a {type(value).__name__}" if is_secret else repr(value)
        whole = re.split(r"[.\[]", key)[0]
        return self.error(f"{key!r} must be {wanted}, not {found}", code="wrong-type", key=whole)

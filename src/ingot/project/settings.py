"""YAML settings with the place of every value, so that an error can name file and line.

Owns reading YAML safely: no tags, no duplicate keys, text as it was written. Knows no setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ingot.errors import Location, ProjectError, near_hint

_DEPTH_MAX = 64


@dataclass(frozen=True)
class Setting:
    """A value in a YAML file: a mapping, a list, or a scalar with its text.

    `value` is a dict of settings, a list of settings, or the scalar as YAML understands it.
    """

    value: Any
    location: Location
    path: str = ""  # the keys that lead here, with dots
    text: str | None = None  # a scalar as written
    key_locations: dict[str, Location] = field(default_factory=dict)

    # --- what it must be ---

    def mapping(self, known: Iterable[str] | None = None) -> dict[str, Setting]:
        """The entries, checked against the known keys."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise self.wrong("keys and values")
        if known is not None:
            names = list(known)
            for key in self.value:
                if key not in names:
                    raise self._unknown(key, names)
        return self.value

    def items(self) -> list[Setting]:
        """The entries of a list; a single value is a list of one."""
        if self.value is None:
            return []
        if isinstance(self.value, dict):
            raise self.wrong("a list")
        return self.value if isinstance(self.value, list) else [self]

    def string(self) -> str:
        """A scalar as it was written: `1.0` stays `1.0`, and `yes` stays `yes`."""
        if self.text is None or self.value is None:
            raise self.wrong("a text")
        return self.text

    def integer(self, least: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.wrong(f"a whole number of at least {least}")
        return self.value

    def plain(self, fill: Callable[[str, Location], str]) -> Any:
        """The value as plain Python data, with `fill` applied to every text in it."""
        if isinstance(self.value, dict):
            return {key: entry.plain(fill) for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain(fill) for entry in self.value]
        if isinstance(self.value, str):
            return fill(self.value, self.location)
        return self.value if isinstance(self.value, bool | int | float | None) else self.text

    # --- combining ---

    def over(self, other: Setting | None) -> Setting:
        """This setting on top of another: mappings are merged key by key, all else is replaced."""
        if other is None or not isinstance(self.value, dict) or not isinstance(other.value, dict):
            return self if other is None or self.value is not None else other
        merged = dict(other.value)
        for key, entry in self.value.items():
            merged[key] = entry.over(merged.get(key))
        return Setting(merged, self.location, self.path, None, {**other.key_locations, **self.key_locations})

    # --- what is wrong ---

    def wrong(self, wanted: str) -> ProjectError:
        shown = "a list" if isinstance(self.value, list) else "a mapping" if self.text is None else repr(self.text)
        return ProjectError(
            f"'{self.path}' is {_first_words(shown)}" if self.path else f"the file holds {_first_words(shown)}",
            location=self.location,
            hint=f"it takes {wanted}",
            code="wrong-type",
        )

    def _unknown(self, key: str, known: list[str]) -> ProjectError:
        where = f" in '{self.path}'" if self.path else ""
        return ProjectError(
            f"unknown key '{key}'{where}",
            location=self.key_locations.get(key, self.location),
            hint=near_hint(key, known, f"known are {', '.join(known)}"),
            code="unknown-key",
        )


def setting(value: str, location: Location, path: str = "") -> Setting:
    """A scalar that stands in no file, such as one from the command line."""
    return Setting(value, location, path, value)


def mapping_of(entries: dict[str, Setting], location: Location) -> Setting:
    """A mapping that stands in no file."""
    return Setting(entries, location)


def read_settings(file: Path) -> Setting:
    """Read a YAML file; an empty one is an empty mapping.

    Raises:
        ProjectError: `invalid-yaml`, with the line; `duplicate-key`.
    """
    text = ""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Setting({}, Location(str(file), 1))
            return _Reader(str(file), loader).read(node, "")
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise ProjectError(
            "the file is not UTF-8", location=Location(str(file)), hint="save it as UTF-8", code="not-utf8"
        ) from error
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, file, text) from error
    except yaml.YAMLError as error:
        raise ProjectError(
            f"this is not YAML: {_first_words(str(error))}",
            location=Location(str(file)),
            hint="look at the signs before this place: quotes, colons, indentation",
            code="invalid-yaml",
        ) from error
    except RecursionError:
        raise ProjectError(
            "nested too deeply", location=Location(str(file)), hint="write it flatter", code="invalid-yaml"
        ) from None


_QUOTED_MAX = 120

# What PyYAML says, what that means, and what to do.
_PROBLEMS = (
    ("found '<block mapping start>'", "this line is indented unlike those beside it", "align it with them"),
    ("could not find expected ':'", "a ':' is missing after the key", "key: value"),
    ("mapping values are not allowed here", "a second ':' in one line", 'put the text in quotes: key: "a: b"'),
    ("found character '\\t'", "a tab; YAML is indented with blanks", "replace it by two blanks"),
    ("found unhashable key", "'{{' begins a mapping in YAML", 'put the text in quotes: "{{name}}/…"'),
    ("expected ',' or '}'", "a '{' is not closed, or a ',' is missing", "{a: 1, b: 2}"),
    ("expected ',' or ']'", "a '[' is not closed, or a ',' is missing", "[a, b]"),
    ("found unexpected end of stream", "a quote is not closed", None),
    ("found undefined alias", "'*' begins a reference in YAML", "put the text in quotes"),
    ("found '<scalar>'", "text follows where the line should end", "put the whole text in quotes"),
)


def _first_words(text: str) -> str:
    """A text of the file as a message may quote it."""
    line = text.split("\n")[0]
    return line if len(line) <= _QUOTED_MAX else f"{line[:_QUOTED_MAX]}…"


def _not_yaml(error: yaml.MarkedYAMLError, file: Path, text: str) -> ProjectError:
    """What a newcomer can read of an error of PyYAML."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    problem = error.problem or error.context or "cannot be read"
    known = next(((meaning, hint) for words, meaning, hint in _PROBLEMS if words in problem), None)
    if known is not None and problem.startswith("could not find expected ':'") and line is not None:
        line = _line_without_colon(text, line)
    lines = text.splitlines()
    if known is not None and line is not None and line <= len(lines) and "{{" in lines[line - 1]:
        known = ("'{{' begins a mapping in YAML", 'put the text in quotes: "{{name}}/…"')
    message, hint = known or (f"this is not YAML: {_first_words(problem)}", None)
    place = Location(str(file), line, mark.column + 1 if mark else None)
    return ProjectError(message, location=place, hint=hint, code="invalid-yaml")


def _line_without_colon(text: str, line: int) -> int:
    """The line above that lacks its colon: PyYAML tells where it gave up."""
    lines = text.splitlines()
    for number in range(min(line, len(lines)), max(line - 3, 0), -1):
        content = lines[number - 1].split("#", 1)[0].strip()
        if content and ":" not in content and not content.startswith("-"):
            return number
    return line


class _Reader:
    """Turns nodes of one file into settings. An anchor's setting is made once and shared."""

    def __init__(self, file: str, loader: yaml.SafeLoader):
        self.file = file
        self.loader = loader
        self.done: dict[int, Setting] = {}
        self.open: list[int] = []

    def read(self, node: yaml.Node, path: str) -> Setting:
        if id(node) in self.done:
            return self.done[id(node)]
        place = self.place(node)
        if id(node) in self.open or len(self.open) > _DEPTH_MAX:
            raise ProjectError(
                "nested too deeply, or within itself",
                location=place,
                hint="write it flatter, without an alias of what holds it",
                code="invalid-yaml",
            )
        self.open.append(id(node))
        if isinstance(node, yaml.MappingNode):
            made = self._mapping(node, path, place)
        elif isinstance(node, yaml.SequenceNode):
            entries = [self.read(entry, f"{path}[{index}]") for index, entry in enumerate(node.value)]
            made = Setting(entries, place, path)
        else:
            made = self._scalar(node, path, place)
        self.open.pop()
        self.done[id(node)] = made
        return made

    def place(self, node: yaml.Node) -> Location:
        return Location(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _scalar(self, node: yaml.Node, path: str, place: Location) -> Setting:
        try:
            value = self.loader.construct_object(node)
        except ValueError as error:  # such as the date 2020-13-45
            raise ProjectError(
                f"{node.value!r} is no value: {error}",
                location=place,
                hint="put it in quotes, if it is text",
                code="invalid-yaml",
            ) from error
        return Setting(value, place, path, node.value)

    def _mapping(self, node: yaml.MappingNode, path: str, place: Location) -> Setting:
        entries: dict[str, Setting] = {}
        places: dict[str, Location] = {}
        inherited: list[Setting] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                base = self.read(value_node, path)
                inherited += base.value if isinstance(base.value, list) else [base]
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise ProjectError(
                    "a key must be a text", location=self.place(key_node), hint="key: value", code="invalid-yaml"
                )
            key = key_node.value
            if key in entries:
                raise ProjectError(
                    f"the key '{key}' is given twice: here and at {self.file}:{places[key].line}",
                    location=self.place(key_node),
                    hint="keep one of them",
                    code="duplicate-key",
                )
            places[key] = self.place(key_node)
            entry = self.read(value_node, f"{path}.{key}" if path else key)
            # A mapping begins for YAML at its first entry; for the reader of an error, at its key.
            entries[key] = entry if entry.text is not None else replace(entry, location=places[key])
        made = Setting(entries, place, path, None, places)
        for base in inherited:
            entries = {**base.mapping(), **entries}
            made = Setting(entries, place, path, None, {**base.key_locations, **places})
        return made

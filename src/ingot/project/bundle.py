"""Databricks bundles: `databricks.yml` and the files it includes, in the terms of ingot.yml.

Owns variables, targets and references of bundles, as far as they decide what a pipeline runs: its
definitions, catalog, schema and configuration. All else (jobs, clusters, permissions) is left alone.
"""

from __future__ import annotations

import getpass
import glob
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ingot.errors import Location, ProjectError, near_hint
from ingot.project.settings import Setting, mapping_of, read_settings, setting

_REFERENCE = re.compile(r"\$\{([\w.\-]+)\}")
_DEPTH_MAX = 16


def read_bundle(
    file: Path, target: str | None, overrides: Mapping[str, str], is_complete: bool
) -> tuple[Setting, tuple[str, ...]]:
    """Read a bundle.

    Args:
        file: `databricks.yml`.
        target: One of its targets; the default one if None.
        overrides: May hold variables, as `var.name`.
        is_complete: Whether the bundle has to define a pipeline; not if an ingot.yml stands beside it.

    Returns:
        The settings, and the names of the targets.

    Raises:
        ProjectError: with file and line.
    """
    bundle = _Bundle(file, target, overrides)
    return bundle.settings(is_complete), tuple(bundle.targets)


def unknown_target(target: str, known: list[str], file: Path | None) -> ProjectError:
    """What to say when `--target` names none."""
    parts = [name for name in known if name.startswith(target) or target.startswith(name)]
    hint = f"there are {', '.join(known)}" if known else "add it below `targets`"
    if len(parts) == 1:
        hint = f"did you mean '{parts[0]}'?"
    return ProjectError(
        f"unknown target '{target}'",
        location=Location(str(file)) if file else None,
        hint=near_hint(target, known, hint),
        code="unknown-target",
    )


class _Bundle:
    """All files of one bundle, merged, with one target applied."""

    def __init__(self, file: Path, target: str | None, overrides: Mapping[str, str]):
        self.file = file
        self.overrides = overrides
        root = read_settings(file)
        root.mapping()
        for included in self._included(root):
            root = read_settings(included).over(root)
        self.targets = self._child(root, "targets")
        if target is not None and target not in self.targets:
            raise unknown_target(target, list(self.targets), file)
        self.target = target or self._default_target()
        if self.target in self.targets:
            chosen = self.targets[self.target]
            variables = {
                k: v if isinstance(v.value, dict) else self._default(v)
                for k, v in self._child(chosen, "variables").items()
            }
            override = {**chosen.mapping()}
            if variables:
                override["variables"] = mapping_of(variables, chosen.location)
            root = mapping_of(override, chosen.location).over(root)
        self.root = root

    def settings(self, is_complete: bool) -> Setting:
        """The pipelines of the bundle as one project."""
        resources = self._child(self.root, "resources")
        pipelines = list(resources["pipelines"].mapping().items()) if "pipelines" in resources else []
        if not pipelines and is_complete:
            raise ProjectError(
                "the bundle defines no pipeline",
                location=Location(str(self.file)),
                hint="add resources.pipelines, or an ingot.yml",
                code="no-pipeline",
            )
        merged: Setting | None = None
        for key, pipeline in pipelines:
            one = self._pipeline(key, pipeline)
            if merged is not None:
                self._check_alike(merged, one, pipelines)
                one = self._with_definitions_of(merged, one)
            merged = one
        place = Location(str(self.file), 1)
        return merged or mapping_of({"name": setting(self._name(), place)}, place)

    # --- pipelines ---

    def _pipeline(self, key: str, pipeline: Setting) -> Setting:
        entries = pipeline.mapping()
        settings = {"name": setting(self._name() if "bundle" in self.root.mapping() else key, pipeline.location)}
        for theirs, ours in (("catalog", "catalog"), ("target", "schema"), ("schema", "schema")):
            if theirs in entries and entries[theirs].value is not None:
                settings[ours] = self._filled(entries[theirs])
        if "configuration" in entries:
            values = {name: self._filled(value) for name, value in entries["configuration"].mapping().items()}
            settings["configuration"] = mapping_of(values, entries["configuration"].location)
        libraries = [path for library in self._libraries(entries) if (path := self._library(library))]
        settings["definitions"] = Setting(libraries, pipeline.location, "libraries")
        return mapping_of(settings, pipeline.location)

    def _libraries(self, entries: Mapping[str, Setting]) -> list[Setting]:
        return entries["libraries"].items() if "libraries" in entries else []

    def _library(self, library: Setting) -> Setting | None:
        """The path of a library, made absolute (it is relative to its file); None for packages."""
        entries = library.mapping()
        for kind, key in (("notebook", "path"), ("file", "path"), ("glob", "include")):
            if kind in entries:
                inner = entries[kind].mapping()
                if key not in inner:
                    raise entries[kind].wrong(f"{key}: a path")
                path = self._filled(inner[key])
                base = Path(inner[key].location.path).parent
                return setting(os.path.normpath(base / path.string()), path.location, path.path)
        return None

    def _check_alike(self, one: Setting, other: Setting, pipelines: list[tuple[str, Setting]]) -> None:
        for key in ("catalog", "schema", "configuration"):
            first, second = one.mapping().get(key), other.mapping().get(key)
            if (first and first.plain(_as_is)) != (second and second.plain(_as_is)):
                names = ", ".join(name for name, _ in pipelines)
                raise ProjectError(
                    f"the bundle has several pipelines ({names}) that differ in `{key}`",
                    location=other.location,
                    hint="write an ingot.yml in a folder of its own for each, with its `definitions`",
                    code="several-pipelines",
                )

    def _with_definitions_of(self, one: Setting, other: Setting) -> Setting:
        libraries = [*one.mapping()["definitions"].items(), *other.mapping()["definitions"].items()]
        together = Setting(libraries, one.location, "libraries")
        return mapping_of({**other.mapping(), "definitions": together}, one.location)

    # --- references ---

    def _filled(self, entry: Setting) -> Setting:
        text = "" if entry.value is None else self._fill(entry.string(), entry.location, 0)
        return setting(text, entry.location, entry.path)

    def _fill(self, text: str, location: Location, depth: int) -> str:
        if depth > _DEPTH_MAX:
            raise ProjectError(
                f"'{text}' refers to itself",
                location=location,
                hint="write the value itself in one of them",
                code="circular",
            )
        return _REFERENCE.sub(lambda match: self._value(match[1], location, depth), text)

    def _value(self, key: str, location: Location, depth: int) -> str:
        if key.startswith("var."):
            return self._variable(key.removeprefix("var."), location, depth)
        if key.startswith(("bundle.", "workspace.")):
            known = self._known_values()
            if key in known:
                return known[key]
        if key.startswith("resources."):
            entry: Setting | None = self.root
            for part in key.split("."):
                entry = entry.mapping().get(part) if entry is not None and isinstance(entry.value, dict) else None
            if entry is not None and entry.text is not None:
                return self._fill(entry.string(), entry.location, depth + 1)
        raise ProjectError(
            f"'${{{key}}}' is not known here",
            location=location,
            hint="override the setting in an ingot.yml beside databricks.yml",
            code="undefined-parameter",
        )

    def _variable(self, name: str, location: Location, depth: int) -> str:
        variables = self._child(self.root, "variables")
        given = self.overrides.get(f"var.{name}", os.environ.get(f"BUNDLE_VAR_{name}"))
        if given is not None:
            return given
        if name not in variables:
            raise ProjectError(
                f"the bundle has no variable '{name}'",
                location=location,
                hint=near_hint(name, list(variables), "add it below `variables`"),
                code="undefined-parameter",
            )
        entry = variables[name]
        default = entry.mapping().get("default") if isinstance(entry.value, dict) else entry
        if default is None:
            raise ProjectError(
                f"the bundle's variable '{name}' has no value",
                location=location,
                hint=f"--set var.{name}=…, or: export BUNDLE_VAR_{name}=…",
                code="undefined-parameter",
            )
        return self._fill(default.string(), default.location, depth + 1) if default.value is not None else ""

    def _known_values(self) -> dict[str, str]:
        user = getpass.getuser()
        folder = str(self.file.parent)
        return {
            "bundle.name": self._name(),
            "bundle.target": self.target or "default",
            "bundle.environment": self.target or "default",
            "workspace.file_path": folder,
            "workspace.root_path": folder,
            "workspace.current_user.userName": user,
            "workspace.current_user.short_name": re.sub(r"\W", "_", user),
        }

    # --- files and targets ---

    def _included(self, root: Setting) -> list[Path]:
        found: dict[Path, None] = {}
        entries = root.mapping()
        for pattern in entries["include"].items() if "include" in entries else ():
            full = str(Path(glob.escape(str(self.file.parent)), pattern.string()))
            for name in sorted(glob.glob(full, recursive=True)):  # noqa: PTH207 - patterns may begin with ../
                path = Path(os.path.normpath(name))
                if path.suffix in (".yml", ".yaml") and path != self.file and path.is_file():
                    found[path] = None
        return list(found)

    def _default_target(self) -> str | None:
        for name, entry in self.targets.items():
            default = entry.mapping().get("default")
            if default is not None and default.value is True:
                return name
        return next(iter(self.targets)) if len(self.targets) == 1 else None

    def _name(self) -> str:
        name = self._child(self.root, "bundle").get("name")
        return name.string() if name is not None else self.file.parent.name

    def _child(self, entry: Setting, key: str) -> dict[str, Setting]:
        children = entry.mapping()
        return children[key].mapping() if key in children else {}

    def _default(self, value: Setting) -> Setting:
        """A target gives a variable's value alone, where `variables` give a mapping with `default`."""
        return mapping_of({"default": value}, value.location)


def _as_is(text: str, location: Location) -> str:
    return text

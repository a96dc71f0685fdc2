"""The project's settings: finds `ingot.yml`, or what stands in for it, and gives a complete `Project`.

Owns the keys of `ingot.yml`, targets and the configuration's values. Databricks bundles are read by
`ingot.project.bundle`, entries of sources by `ingot.project.source_settings`, paths of elsewhere by
`ingot.project.paths`. Never opens a definition file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingot.errors import Location, ProjectError, UnsupportedError
from ingot.model import Project
from ingot.project.bundle import read_bundle, unknown_target
from ingot.project.paths import absolute, is_remote
from ingot.project.placeholders import fill_setting
from ingot.project.serve_settings import read_serve
from ingot.project.settings import Setting, mapping_of, read_settings, setting
from ingot.project.source_settings import in_order, read_source
from ingot.project.texts import Texts

_OVERRIDABLE = (
    "name", "lake", "catalog", "schema", "definitions", "configuration", "sources", "secrets", "paths", "tables",
    "engine", "memory_limit", "threads", "auth", "serve",
)  # fmt: skip
_KEYS = (*_OVERRIDABLE, "targets")
_SPEC_KEYS = ("name", "storage", "catalog", "database", "schema", "configuration", "libraries", "definitions")
_OWN_FILES = ("ingot.yml", "ingot.yaml")
_SPEC_FILES = ("spark-pipeline.yml", "spark-pipeline.yaml")
_BUNDLE_FILES = ("databricks.yml", "databricks.yaml")
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|B|%)", re.IGNORECASE)


def load_project(
    folder: Path | None = None, target: str | None = None, overrides: Mapping[str, str] | None = None
) -> Project:
    """Load the project of a folder, or of the nearest folder above it that has settings.

    Args:
        folder: Where to look; the current folder if None.
        target: The name of one of `targets`.
        overrides: Values of the configuration that go before all others.

    Raises:
        ProjectError: with file and line.
    """
    start = (folder or Path.cwd()).resolve()
    if not start.is_dir():
        raise ProjectError(
            f"there is no folder {start}", hint="-C DIR names the folder of a project", code="no-project"
        )
    found = next(filter(None, map(_settings_files, (start, *start.parents))), None)
    if found is None:
        return _bare_project(start, target, overrides or {})
    return _Reader(found, target, overrides or {}).project()


@dataclass(frozen=True)
class _Files:
    """The settings files of one folder; its own one goes before those that stand in for it."""

    root: Path
    own: Path | None
    spec: Path | None
    bundle: Path | None

    @property
    def first(self) -> Path | None:
        return self.own or self.spec or self.bundle


def _settings_files(folder: Path) -> _Files | None:
    def first(names: tuple[str, ...]) -> Path | None:
        return next((folder / name for name in names if (folder / name).is_file()), None)

    files = _Files(folder, first(_OWN_FILES), first(_SPEC_FILES), first(_BUNDLE_FILES))
    return files if files.first else None


def _bare_project(folder: Path, target: str | None, overrides: Mapping[str, str]) -> Project:
    """A folder with nothing but definition files."""
    from ingot.project.bare_folder import holds_definitions

    has_transformations = (folder / "transformations").is_dir()
    if not has_transformations and not holds_definitions(folder):
        raise ProjectError(
            f"there is no project in {folder} or above: no ingot.yml, spark-pipeline.yml or databricks.yml, no folder "
            "transformations, no .sql file and no .py file that imports pyspark.pipelines or dlt",
            hint="make one with: ingot init NAME",
            code="no-project",
        )
    place = Location(str(folder))
    settings = {"name": setting(folder.name or "project", place)}
    if not has_transformations:
        settings["definitions"] = setting("**", place)
    reader = _Reader(_Files(folder, None, None, None), target, overrides)
    return replace(reader.project_of(mapping_of(settings, place)), is_bare=not has_transformations)


class _Reader:
    """Makes the project of one folder."""

    def __init__(self, files: _Files, target: str | None, overrides: Mapping[str, str]):
        self.files = files
        self.target = target
        self.overrides = overrides

    def project(self) -> Project:
        own = read_settings(self.files.own) if self.files.own else None
        targets: dict[str, Setting] = {}
        if own is not None:
            entries = own.mapping(_KEYS)
            if "targets" in entries:
                targets = entries["targets"].mapping()
                for entry in targets.values():  # those that were not chosen too: a typo shows before it is deployed
                    entry.mapping(_OVERRIDABLE)
        foreign, foreign_targets = self._foreign(is_complete=own is None, own_targets=list(targets))
        if self.target is not None and self.target not in targets and self.target not in foreign_targets:
            raise unknown_target(self.target, [*targets, *foreign_targets], self.files.first)
        settings = own.over(foreign) if own is not None else foreign
        assert settings is not None
        if self.target in targets:
            settings = targets[self.target].over(settings)
        return self.project_of(settings)

    def _foreign(self, is_complete: bool, own_targets: list[str]) -> tuple[Setting | None, tuple[str, ...]]:
        """What stands in for ingot.yml, or beside it fills its gaps."""
        if self.files.spec is not None:
            return _read_spec(self.files.spec), ()
        if self.files.bundle is not None:
            target = None if self.target in own_targets else self.target
            return read_bundle(self.files.bundle, target, self.overrides, is_complete)
        return None, ()

    def project_of(self, settings: Setting) -> Project:
        if self.target is not None and self.files.first is None:
            raise unknown_target(self.target, [], None)
        entries = {key: entry for key, entry in settings.mapping().items() if entry.value is not None}
        if "name" not in entries:
            raise ProjectError(
                "`name` is missing", location=settings.location, hint="name: my_project", code="missing-key"
            )
        lake = self._lake(entries)
        configuration = self._configuration(entries.get("configuration"), lake)
        texts = Texts(self.files.root, configuration)
        paths = {texts.fill_key(key, entry): texts.folder(entry) for key, entry in _entries(entries, "paths")}
        memory_limit = texts.optional(entries.get("memory_limit"))
        if memory_limit is not None and not _MEMORY.fullmatch(memory_limit.strip()):
            raise entries["memory_limit"].wrong("an amount, such as 4GB")
        definitions = texts.list(entries["definitions"]) if "definitions" in entries else None
        engine = texts.optional(entries.get("engine")) or "duckdb"
        if engine != "duckdb":
            raise ProjectError(
                f"unknown engine {engine!r}",
                location=entries["engine"].location,
                hint="engine: duckdb",
                code="unknown-engine",
            )
        return Project(
            name=texts.required(entries["name"]),
            root=self.files.root,
            lake=lake,
            catalog=texts.optional(entries.get("catalog")) or "main",
            schema=texts.optional(entries.get("schema")) or "default",
            definitions=Project.definitions if definitions is None else definitions,
            definition_places=self._places(definitions, entries),
            configuration=configuration,
            sources=in_order([read_source(texts, name, entry) for name, entry in _entries(entries, "sources")]),
            secrets=texts.secrets(entries.get("secrets")),
            paths=paths,
            tables={name: texts.mapped(entry, paths) for name, entry in _entries(entries, "tables")},
            engine=engine,
            memory_limit=memory_limit,
            threads=entries["threads"].integer(1) if "threads" in entries else None,
            serve=read_serve(entries.get("auth"), entries.get("serve")),
            target=self.target,
            file=self.files.first,
        )

    def _places(self, definitions: tuple[str, ...] | None, entries: Mapping[str, Setting]) -> Mapping[str, Location]:
        """Where a settings file names each of its definition files."""
        if definitions is None or self.files.first is None:
            return {}
        items = entries["definitions"].items()
        return {pattern: item.location for pattern, item in zip(definitions, items, strict=True)}

    def _lake(self, entries: Mapping[str, Setting]) -> Path:
        """The lake's folder. Only the environment may stand in it, for `${landing}` depends on it."""
        entry = entries.get("lake")
        if entry is None:
            return self.files.root / "lake"
        values = {key: value.string() for key, value in _entries(entries, "configuration") if value.text}
        filled = fill_setting(entry.string(), {**values, **self.overrides}, entry.location, ProjectError)
        if is_remote(filled):
            raise UnsupportedError(
                f"the lake '{filled}' is not a local folder",
                location=entry.location,
                hint="lake: ./lake",
                code="remote-lake",
            )
        return absolute(self.files.root, filled)

    def _configuration(self, entry: Setting | None, lake: Path) -> dict[str, str]:
        """All values, with references to each other resolved."""
        settings = dict(entry.mapping()) if entry is not None else {}
        place = Location("--set")
        settings.update({key: setting(value, place, key) for key, value in self.overrides.items()})
        resolved = {"landing": str(lake / "_landing")}
        resolved.update({key: _scalar(value) for key, value in settings.items()})
        for key, value in settings.items():
            _resolve(key, resolved, value.location, ())
        return resolved


def _resolve(key: str, values: dict[str, str], location: Location, above: tuple[str, ...]) -> None:
    """Fill the placeholders of one value, those it refers to first."""
    if key in above:
        circle = " → ".join((*above[above.index(key) :], key))
        raise ProjectError(
            f"the configuration refers to itself: {circle}",
            location=location,
            hint="write the value itself in one of them",
            code="circular",
        )
    for other in re.findall(r"\$\{([^{}\n]*)\}", values[key]):
        if other.strip() in values:
            _resolve(other.strip(), values, location, (*above, key))
    values[key] = fill_setting(values[key], values, location, ProjectError, keeps_secrets=True)


def _scalar(entry: Setting) -> str:
    if entry.value is None and entry.text is not None:
        return ""
    return entry.string()


def _entries(settings: Mapping[str, Setting], key: str) -> Iterator[tuple[str, Setting]]:
    yield from settings[key].mapping().items() if key in settings else ()


def _read_spec(file: Path) -> Setting:
    """Open-source Spark's `spark-pipeline.yml` in the terms of ingot.yml."""
    entries = read_settings(file).mapping(_SPEC_KEYS)
    renamed = {"database": "schema"}
    kept = ("name", "catalog", "database", "schema", "configuration")
    settings = {renamed.get(key, key): entries[key] for key in kept if key in entries}
    globs: list[Setting] = []
    for key in ("libraries", "definitions"):
        for library in entries[key].items() if key in entries else ():
            pattern = library.mapping(("glob",)).get("glob")
            include = pattern.mapping(("include",)).get("include") if pattern else None
            if include is None:
                raise library.wrong("glob: {include: transformations/**}")
            globs.append(include)
    if globs:
        settings["definitions"] = Setting(globs, globs[0].location, "libraries")
    return mapping_of(settings, Location(str(file), 1))

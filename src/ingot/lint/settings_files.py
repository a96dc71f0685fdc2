"""Finds what does not run everywhere in a project's settings and in which files lie among its definitions.

Owns the rules that `spark-pipelines` has for its spec. Never reads a definition file.
"""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path

from ingot.definitions import definition_files
from ingot.errors import IngotError, Location
from ingot.lint.finding import Findings
from ingot.model import Project
from ingot.project.settings import Setting, read_settings

Wrong = Callable[[Setting | None, str], None]
_SPECS = ("spark-pipeline.yml", "spark-pipeline.yaml")
_FIELDS = ("name", "storage", "catalog", "database", "schema", "configuration", "libraries")


def scan_settings(project: Project, findings: Findings) -> None:
    """Look at the settings, and at the files that stand among the definitions."""
    specs = [project.root / name for name in _SPECS if (project.root / name).is_file()]
    place = Location(str(project.file or project.root))
    if not specs:
        findings.add("no-pipeline-spec", place)
    elif len(specs) > 1:
        findings.add("two-pipeline-specs", Location(str(specs[1])))
    else:
        _check_spec(specs[0], findings)
    for source in project.sources:
        findings.add("ingot-source", source.location or place, source.name)
    for name in project.tables:
        findings.add("mapped-table", place, name)
    _check_files(project, findings, _matched(project.root, specs[0]) if len(specs) == 1 else None)


def _check_spec(path: Path, findings: Findings) -> None:
    try:
        settings = read_settings(path).mapping()
    except IngotError as error:
        findings.add("invalid-pipeline-spec", error.location or Location(str(path)), error.message)
        return

    def wrong(setting: Setting | None, text: str) -> None:
        findings.add("invalid-pipeline-spec", setting.location if setting else Location(str(path), 1), text)

    for key, setting in settings.items():
        if key not in _FIELDS:
            wrong(setting, f"Spark does not know the field '{key}'")
    for key in ("name", "storage"):
        if key not in settings:
            wrong(None, f"the field '{key}' is missing")
    storage = settings.get("storage")
    if storage is not None and "://" not in str(storage.value):
        wrong(storage, "`storage` must be an absolute path with a scheme, such as file:///srv/storage")
    _check_configuration(settings.get("configuration"), wrong)
    libraries = settings.get("libraries")
    if libraries is None or not libraries.value:
        wrong(libraries, "no `libraries`: nothing is defined")
        return
    for library in libraries.value if isinstance(libraries.value, list) else ():
        _check_library(library, wrong)


def _check_configuration(setting: Setting | None, wrong: Wrong) -> None:
    if setting is None or not isinstance(setting.value, dict):
        return
    for key, value in setting.value.items():
        if not isinstance(value.value, str):
            wrong(value, f"the value of '{key}' must be text: '{value.value}' in quotes")


def _check_library(library: Setting, wrong: Wrong) -> None:
    entry = library.value.get("glob") if isinstance(library.value, dict) else None
    include = entry.value.get("include") if entry is not None and isinstance(entry.value, dict) else None
    if include is None:
        wrong(library, "a library is given as glob: include: folder/**")
        return
    pattern = str(include.value)
    if glob.has_magic(pattern.removesuffix("/**")) or (glob.has_magic(pattern) and not pattern.endswith("/**")):
        wrong(include, f"'{pattern}' is neither a file nor a folder followed by /**")


def _matched(root: Path, spec: Path) -> list[Path]:
    """The files that Spark would load: all that the globs match, whatever they are."""
    try:
        settings = read_settings(spec).mapping()
    except IngotError:
        return []
    libraries = settings.get("libraries")
    found: list[Path] = []
    for library in libraries.value if libraries is not None and isinstance(libraries.value, list) else ():
        entry = library.value.get("glob") if isinstance(library.value, dict) else None
        include = entry.value.get("include") if entry is not None and isinstance(entry.value, dict) else None
        pattern = str(include.value) if include is not None else ""
        if pattern and not Path(pattern).is_absolute():
            found += root.glob(pattern + "/*" if pattern.endswith("**") else pattern)
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def _check_files(project: Project, findings: Findings, matched: list[Path] | None) -> None:
    files = matched if matched is not None else definition_files(project)
    for path in sorted(set(files)):
        if path.suffix == ".ipynb":
            findings.add("notebook-file", Location(str(path)))
        elif path.suffix not in (".sql", ".py"):
            findings.add("stray-file", Location(str(path)))

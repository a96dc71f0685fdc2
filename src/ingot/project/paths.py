"""Paths in definitions: what stands on this machine for a path that exists only elsewhere.

Owns the prefixes of `paths` and the spellings of Databricks' file systems. Never opens a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ingot.errors import ProjectError
from ingot.model import Project

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")
_GLOB = re.compile(r"[*?\[{]")
_OBJECT_STORES = ("s3://", "s3a://", "s3n://", "az://", "abfs://", "abfss://", "gs://")
_ELSEWHERE = ("/Volumes/", "/databricks-datasets/", "/dbfs/", "/FileStore/", "/Workspace/")


def map_path(project: Project, path: str) -> str:
    """The path on this machine for a path in a definition.

    The longest prefix of `paths` wins. A relative path is below the project's folder; a `file:` URI loses its
    scheme. A path of elsewhere that exists here after all is left as it is.

    Raises:
        ProjectError: `unmapped-path`, with the entry to write, for a path that exists only elsewhere.
    """
    text = path.strip()
    mapped = below_prefix(text, project.paths)
    if mapped is not None:
        return mapped
    if text.startswith("file:"):
        return "/" + text.removeprefix("file:").lstrip("/")
    is_elsewhere = text.startswith(_ELSEWHERE) or text.rstrip("/") + "/" in _ELSEWHERE
    if is_remote(text) or (is_elsewhere and not _exists(text)):
        raise _unmapped(text)
    return text if text.startswith("/") else f"{project.root}/{text.removeprefix('./')}"


def below_prefix(path: str, paths: Mapping[str, str]) -> str | None:
    """The path with the longest of the prefixes that fit replaced by its folder; None if none fits."""
    best: tuple[int, str] | None = None
    for spelling in _spellings(path):
        for prefix, folder in paths.items():
            bare = prefix.rstrip("/")
            rest = spelling[len(bare) :]
            fits = spelling.startswith(bare) and (not rest or rest.startswith("/") or bare.endswith(":"))
            if fits and (best is None or len(bare) > best[0]):
                best = len(bare), folder.rstrip("/") + ("/" + rest.lstrip("/") if rest.strip("/") else "")
    return best[1] if best else None


def _spellings(path: str) -> Iterator[str]:
    """The ways in which Databricks lets one write the same path."""
    yield path
    if path.startswith("dbfs:"):
        yield "/" + path.removeprefix("dbfs:").lstrip("/")
    elif path.startswith("/dbfs/"):
        yield path.removeprefix("/dbfs")
        yield "dbfs:" + path.removeprefix("/dbfs")
    elif path.startswith(_ELSEWHERE):
        yield "dbfs:" + path
    for scheme in ("s3a://", "s3n://"):
        if path.startswith(scheme):
            yield "s3://" + path.removeprefix(scheme)


def _exists(path: str) -> bool:
    """Whether the part of the path before any glob exists here."""
    return Path(_GLOB.split(path, maxsplit=1)[0]).exists()


def _unmapped(path: str) -> ProjectError:
    if path.startswith(("http://", "https://")):
        hint = "land it first: name the address below `sources` in ingot.yml, and read ${landing}/<source>"
    else:
        fixed = _GLOB.split(path, maxsplit=1)[0]
        names_folder = fixed == path and "." not in fixed.rsplit("/", 1)[-1]
        prefix = fixed.rstrip("/") if names_folder else fixed.rsplit("/", 1)[0]
        hint = f'add to ingot.yml: paths: {{"{prefix or path}": ./data}}'
        if path.startswith(_OBJECT_STORES):
            hint += '; or land its files by a source of kind: files, and map it to "${landing}/<source>"'
    return ProjectError(f"the path '{path}' is not on this machine", hint=hint, code="unmapped-path")


def is_remote(path: str) -> bool:
    """Whether a path names another file system than the local one."""
    return _SCHEME.match(path) is not None and not path.startswith("file:")


def absolute(root: Path, path: str) -> Path:
    """A local path of the settings, taken from the project's folder."""
    text = "/" + path.removeprefix("file:").lstrip("/") if path.startswith("file:") else path
    return Path(os.path.normpath(root / Path(text).expanduser()))

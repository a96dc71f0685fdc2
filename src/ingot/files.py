"""Which raw files a path means: globs, folders, hidden files, name filters; as Spark and Auto Loader list them.

Owns listing only. Never opens a file, and knows nothing about what has been read before.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ingot.engine import SourceFile
from ingot.errors import DefinitionError, SourceError, nearest
from ingot.model import FileRead

SAMPLES = Path(__file__).parent / "samples"  # the made-up rows that stand for Databricks' own tables
_SAMPLE = "samples:"
_GLOB = re.compile(r"[*?\[{]")


def list_files(read: FileRead) -> list[SourceFile]:
    """The files of a read, oldest first (then by path), so that every listing has one order.

    A folder means its files; folders below it count when the read is Auto Loader's, with `recursiveFileLookup`, or
    when they are partitions (`key=value`). Names that begin with `_` or `.` are hidden, as in Spark.

    Raises:
        SourceError: `missing-path`, when a path without wildcards does not exist.
        DefinitionError: for an option that cannot be understood.
    """
    found = [file for pattern in _alternatives(read.path) for file in _matching(pattern, read)]
    keep = _filter(read)
    unique = {file.path: file for file in found if keep(file)}
    return sorted(unique.values(), key=lambda file: (file.modified_ms, file.path))


def folder_below(read: FileRead) -> str | None:
    """Of a read that finds no files: the folder below its own ones in which the newest lies that it passes over."""
    found = list_files(replace(read, options={**read.options, "recursivefilelookup": "true"}))
    return str(Path(found[-1].path).parent) if found else None


def named_paths(read: FileRead) -> set[str]:
    """The paths, without links, that a read names; without wildcards they are folders or files that must be there."""
    return {os.path.realpath(written) for written in _alternatives(read.path)}


def may_list(read: FileRead, folder: str) -> bool:
    """Whether a read could list any file of a folder, whose path has no links; cheaper than asking for each."""
    bases = [os.path.realpath(base_folder(pattern)) for pattern in _alternatives(read.path)]
    return any(f"{base}/".startswith(f"{folder}/") or f"{folder}/".startswith(f"{base}/") for base in bases)


def reads_below(read: FileRead, path: str) -> bool:
    """Whether a read is about a folder (with a slash at its end), what is in it or around it; or about a file."""
    real = os.path.realpath(path)
    return (
        may_list(read, real) if path.endswith("/") else would_list(read, SourceFile(real, 1, int(time.time() * 1000)))
    )


def would_list(read: FileRead, file: SourceFile) -> bool:
    """Whether the files of a read would hold this one, if it were there."""
    if not _filter(read)(file):
        return False
    return any(_would_match(pattern, read, file.path) for pattern in _alternatives(read.path))


def _would_match(path: str, read: FileRead, wanted: str) -> bool:
    base = base_folder(path)
    parts = Path(os.path.relpath(wanted, os.path.realpath(base))).parts
    patterns = path[len(base) :].strip("/").split("/") if path != base else []
    if parts[:1] == ("..",) or len(parts) < len(patterns):
        return False
    for pattern, part in zip(patterns, parts, strict=False):
        if _hidden(part) or not _component(pattern).fullmatch(part):
            return False
    below = parts[len(patterns) :]
    return not any(map(_hidden, below)) and all(_is_deep(read) or "=" in folder for folder in below[:-1])


def relative_path(path: str, root: Path) -> str:
    """A path as checkpoints keep it: relative to the project when it lies within, so that a project can move.

    Ingot's own samples have a name that does not depend on where Ingot is installed.
    """
    if Path(path).is_relative_to(SAMPLES):
        return _SAMPLE + os.path.relpath(path, SAMPLES)
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path


def absolute_path(path: str, root: Path) -> str:
    """The path that `relative_path` was given."""
    return str(SAMPLES / path.removeprefix(_SAMPLE) if path.startswith(_SAMPLE) else root / path)


def is_as_listed(path: Path, size: int, modified_ms: int) -> bool:
    """Whether a file is what a listing said; times may differ by the rounding of file systems."""
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size == size and abs(status.st_mtime_ns // 1_000_000 - modified_ms) <= 2


def listing_state(files: list[SourceFile], root: Path) -> str:
    """A listing as one short text: names, sizes and times."""
    lines = (f"{relative_path(f.path, root)} {f.size} {f.modified_ms}" for f in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def base_folder(path: str) -> str:
    """The part of a path that has no wildcard: where listing starts and partition columns begin.

    >>> base_folder("/data/orders/2024-*/x.csv")
    '/data/orders'
    """
    parts = path.split("/")
    fixed = []
    for part in parts:
        if _GLOB.search(part):
            break
        fixed.append(part)
    return "/".join(fixed) or "/"


def _sibling(path: Path) -> str | None:
    """What lies beside a path that does not exist and has nearly its name."""
    if not path.parent.is_dir():
        return None
    near = nearest(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    return str(path.parent / near) if near else None


def _alternatives(path: str) -> list[str]:
    """Expand `{a,b}`, which may hold separators, into plain patterns; split nothing else."""
    match = re.search(r"\{([^{}]*)\}", path)
    if match is None:
        return [path]
    return [
        expanded
        for choice in match.group(1).split(",")
        for expanded in _alternatives(path[: match.start()] + choice + path[match.end() :])
    ]


def _matching(path: str, read: FileRead) -> Iterator[SourceFile]:
    base = base_folder(path)
    rest = path[len(base) :].strip("/")
    if not rest:
        if not Path(base).exists():
            hint = _hint_at_missing(Path(base))
            raise SourceError(
                f"the path {base!r} does not exist", location=read.location, hint=hint, code="missing-path"
            )
        yield from _expand(base, read)
        return
    for match in _glob(base, rest.split("/")):
        yield from _expand(match, read)


def _hint_at_missing(path: Path) -> str:
    near = _sibling(path)
    if near:
        return f"did you mean {near!r}?"
    if "_landing" in path.parts[:-1]:
        source = path.parts[path.parts.index("_landing") + 1]
        return f"nothing of it has landed yet: ingot land {source}"
    return "check it, or map its prefix under `paths` in ingot.yml"


def _glob(folder: str, parts: list[str]) -> Iterator[str]:
    pattern, remaining = _component(parts[0]), parts[1:]
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if pattern.fullmatch(entry.name) and not _hidden(entry.name):
            if not remaining:
                yield entry.path
            elif entry.is_dir():
                yield from _glob(entry.path, remaining)


def _component(pattern: str) -> re.Pattern[str]:
    """One path component of a Hadoop glob as a regular expression."""
    out, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        closing = pattern.find("]", at + 2) if char == "[" else -1
        if closing > 0:
            body = pattern[at + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            out += "[" + ("^" + body[1:] if body[:1] in "^!" else body) + "]"
            at = closing + 1
            continue
        if char == "\\" and at + 1 < len(pattern):
            out += re.escape(pattern[at + 1])
            at += 2
            continue
        out += {"*": ".*", "?": "."}.get(char) or re.escape(char)
        at += 1
    return re.compile(out, re.DOTALL)


def _expand(path: str, read: FileRead) -> Iterator[SourceFile]:
    if not Path(path).is_dir():
        yield _source_file(path)
        return
    yield from _walk(path, _is_deep(read))


def _is_deep(read: FileRead) -> bool:
    return read.is_autoloader or read.options.get("recursivefilelookup", "").lower() == "true"


def _walk(folder: str, deep: bool) -> Iterator[SourceFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return  # emptied and removed while the folder above it was listed
    for entry in entries:
        if _hidden(entry.name):
            continue
        if entry.is_dir():
            if deep or "=" in entry.name:
                yield from _walk(entry.path, deep)
        else:
            yield _source_file(entry.path)


def _hidden(name: str) -> bool:
    return (name.startswith("_") and "=" not in name) or name.startswith(".")


def _source_file(path: str) -> SourceFile:
    try:
        path.encode()
        status = Path(path).stat()
    except UnicodeEncodeError:
        raise SourceError(
            f"a file's name is not UTF-8: {path.encode(errors='surrogateescape')!r}",
            hint="rename it",
            code="invalid-name",
        ) from None
    except OSError as error:
        raise SourceError(
            f"cannot look at the file {path}: {error.strerror}",
            hint="check that it exists, that links lead somewhere, and that it may be read",
            code="unreadable-file",
        ) from error
    return SourceFile(path, status.st_size, status.st_mtime_ns // 1_000_000)


def _filter(read: FileRead):
    options = read.options
    pattern = options.get("pathglobfilter") or options.get("filenamepattern")
    names = [_component(p) for p in _alternatives(pattern)] if pattern else None
    after = _instant(options, "modifiedafter", read)
    before = _instant(options, "modifiedbefore", read)

    def keep(file: SourceFile) -> bool:
        return (
            (names is None or any(n.fullmatch(Path(file.path).name) for n in names))
            and (after is None or file.modified_ms > after)
            and (before is None or file.modified_ms < before)
        )

    return keep


def _instant(options: Mapping[str, str], name: str, read: FileRead) -> int | None:
    from datetime import UTC, datetime

    text = options.get(name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise DefinitionError(
            f"{name} is not an instant: {text!r}", location=read.location, hint="write YYYY-MM-DDTHH:MM:SS"
        ) from None
    return int(instant.replace(tzinfo=instant.tzinfo or UTC).timestamp() * 1000)

"""Why a read finds nothing: errors that name what is missing, what failed before it, or what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingot.errors import GraphError, IngotError, Location, nearest
from ingot.files import reads_below, relative_path
from ingot.model import FileRead, Project, TableName, TableRead


class UpstreamFailed(GraphError):
    """What a dataset reads, itself or through others, failed: `root` is where that began, for the reason `cause`."""

    code = "upstream-failed"

    def __init__(self, root: TableName, cause: IngotError, location: Location | None):
        super().__init__(f"{root.short} failed: {cause.message}", location=location)
        self.root, self.cause = root, cause


def upstream_failed(read: TableRead, name: TableName, error: IngotError) -> UpstreamFailed:
    """The dataset that is read failed, for itself or for what it reads."""
    root, cause = (error.root, error.cause) if isinstance(error, UpstreamFailed) else (name, error)
    return UpstreamFailed(root, cause, read.location)


def refuse_failed_source(read: FileRead, failed: Mapping[str, IngotError]) -> None:
    """What reads a part of a source that failed, given by its folder or file, fails for that reason.

    Raises:
        GraphError: `upstream-failed`.
    """
    for path, error in failed.items():
        if reads_below(read, path):
            raise _source_failed(read, error)


def _source_failed(read: FileRead, error: IngotError) -> GraphError:
    """The source whose files are read failed: what of it has landed may be a part only."""
    return GraphError(
        f"its source failed: {error.message}",
        location=read.location,
        hint="mend the source; `continue_on_error: true` in its entry lets tables read what has landed all the same",
        code="upstream-failed",
    )


def maybe_defined(read: TableRead, broken: Location, project: Project) -> GraphError:
    """A file that could not be loaded may define what is read: a table of an earlier update may be out of date."""
    file = relative_path(broken.path, project.root)
    return GraphError(
        f"it reads {read.name.short}, which no loaded file defines, and {file} was not loaded",
        location=read.location,
        hint=f"mend {file} first",
        code="upstream-failed",
    )


def not_built(read: TableRead) -> GraphError:
    """The dataset that is read is defined, and has no table yet."""
    return GraphError(
        f"{read.name.short} is defined in the project and has no table yet",
        location=read.location,
        hint=f"ingot run, or look at its rows with: ingot preview {read.name.short}",
        code="not-built",
    )


def unknown_dataset(read: TableRead, known: Iterable[TableName]) -> GraphError:
    """Nothing has the name that is read."""
    written, names = ".".join(read.parts), list(dict.fromkeys(name.short for name in known))
    found = nearest(read.name.short, names) or nearest(written, names)
    return GraphError(
        f"unknown dataset {written!r}",
        location=read.location,
        hint=f"did you mean {found!r}?"
        if found
        else f"define it, or map it under `tables` in ingot.yml: {written}: PATH",
        code="unknown-dataset",
    )

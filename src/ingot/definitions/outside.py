"""Rows that definition files ask for while they are loaded: of files and tables that are not the pipeline's.

Owns the run of such queries, at once, for what they give decides what is defined. Only what is there before any
definition can be read: files, Delta tables by their path, mapped tables, values. Never reads a dataset of the pipeline.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from arro3.core import Table

from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.definitions.declared import DeclaredColumns, is_outside, outside_snapshot
from ingot.engine import ArrowBinding, Binding, BoundQuery, Engine, FilesBinding, load_engine
from ingot.errors import Location, UnsupportedError
from ingot.files import list_files
from ingot.model import FileRead, Project, Query, Read, TableRead, ValuesRead


def collected(
    project: Project, query: Query, configuration: Mapping[str, str], asked: str, place: Location | None
) -> Table:
    """The rows of a query, as what is set now of Spark's configuration has them.

    Raises:
        UnsupportedError: `query-at-load`, when it reads a dataset of the pipeline, or a stream.
    """
    catalog = DeclaredColumns(project)
    _refuse(query.reads.values(), catalog, asked, place)
    ansi = str(configuration.get("spark.sql.ansi.enabled", "true")).lower() == "true"
    zone = str(configuration.get("spark.sql.session.timeZone", "UTC"))
    analyzed = analyze(query, catalog, Settings(ansi=ansi, time_zone=zone))
    engine = load_engine(project)
    try:
        engine.check(analyzed)
        bindings = {leaf: _bound(read, catalog, engine) for leaf, read in analyzed.reads.items()}
        return Table.from_arrow(engine.collect(BoundQuery(analyzed, bindings, datetime.datetime.now(datetime.UTC))))
    finally:
        engine.close()


def _refuse(reads: Iterable[Read], catalog: DeclaredColumns, asked: str, place: Location | None) -> None:
    for read in reads:
        view = catalog.view_of(read)
        if view is not None:
            _refuse(view.reads.values(), catalog, asked, place)
        elif getattr(read, "is_streaming", False) or not is_outside(read):
            what = f"rows of {read.name.short}" if isinstance(read, TableRead) else "rows of a stream"
            raise UnsupportedError(
                f"{asked}() needs {what}, but no query over the pipeline is run while definitions are loaded",
                location=place,
                hint="compute it within the query; a table that the project does not define is named under `tables`",
                code="query-at-load",
            )


def _bound(read: Read, catalog: DeclaredColumns, engine: Engine) -> Binding:
    match read:
        case ValuesRead():
            return ArrowBinding(read.schema, read.load)
        case FileRead():
            files = list_files(read)
            return FilesBinding(read, files, read.schema or engine.infer_schema(read, files))
        case TableRead():
            return outside_snapshot(read).binding()

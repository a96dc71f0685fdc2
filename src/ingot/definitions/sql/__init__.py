"""SQL files and notebooks to definitions: cuts a file into statements, and lets a wrong one fail alone."""

from __future__ import annotations

from pathlib import Path

from ingot.definitions.notebook import cells
from ingot.definitions.registry import Registry
from ingot.definitions.sql.cursor import Cursor
from ingot.definitions.sql.scope import Scope
from ingot.definitions.sql.statements import Statement
from ingot.definitions.sql.tokens import Source, scan, split_statements
from ingot.errors import DefinitionError, IngotError, Location
from ingot.project.placeholders import Filled, fill

_DEFINING = ("CREATE", "APPLY", "AUTO")
_SILENT_MAGIC = ("md", "pip")


def load_file(path: Path, registry: Registry) -> None:
    """Load the definitions of one `.sql` file; every mistake becomes a failed definition."""
    registry.add_file(path)
    try:
        text = decode(path)
    except DefinitionError as error:
        registry.fail(error)
        return
    load_text(Source(str(path), text), registry)


def decode(path: Path) -> str:
    """The text of a definition file.

    Raises:
        DefinitionError: when it is not UTF-8, with the line.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"the file is not UTF-8: byte 0x{data[error.start]:02x}",
            location=Location(str(path), data.count(b"\n", 0, error.start) + 1),
            hint="save it as UTF-8",
            code="not-utf8",
        ) from error


def load_text(source: Source, registry: Registry) -> None:
    """Load the statements of a text, in order; SET and USE hold for those that follow.

    In a SQL notebook the end of a cell ends a statement, as on Databricks. Cells in other languages are
    comments to SQL; those that would do something are noted.
    """
    scope = Scope(registry, configuration(registry))
    for cell in cells(source.text):
        if cell.magic is not None and cell.magic not in _SILENT_MAGIC:
            place = source.location(cell.magic_start)
            registry.note(f"a %{cell.magic} cell in a SQL notebook has no effect", place)
        for first, last in split_statements(source.text, cell.start, cell.end):
            _load_statement(source, first, last, scope)


def load_cell(source: Source, registry: Registry) -> None:
    """Load the `%sql` cell of a Python notebook. Databricks passes over such cells in a pipeline.

    So it defines only what nothing else defines, and a statement that is no definition has no effect.
    """
    scope = Scope(registry, configuration(registry))
    for first, last in split_statements(source.text, 0, len(source.text)):
        place = source.location(first)
        try:
            filled = _fill(source, first, source.text[first:last], scope)
            statement = Statement(Cursor(source, first, filled, scope.configuration), scope)
            name = statement.guess_name()
            statement.cursor.at = 0
            if name is None or not statement.cursor.is_next_any(_DEFINING) or registry.is_defined(name):
                registry.note("this %sql cell defines no dataset of the pipeline and has no effect", place)
                continue
            statement.cursor.check_closed()
            statement.run()
            registry.note("Databricks passes over %sql cells of a Python notebook; its definitions are taken", place)
        except IngotError as error:
            registry.note(f"this %sql cell has no effect: {error.message}", place)


def configuration(registry: Registry) -> dict[str, str]:
    """What `${key}` stands for: the project's configuration, and `landing`."""
    project = registry.project
    return {"landing": str(project.lake / "_landing"), **project.configuration}


def _load_statement(source: Source, first: int, last: int, scope: Scope) -> None:
    text = source.text[first:last]
    statement: Statement | None = None
    try:
        filled = _fill(source, first, text, scope)
        cursor = Cursor(source, first, filled, scope.configuration)
        if not cursor.tokens:
            return
        statement = Statement(cursor, scope)
        cursor.check_closed()
        statement.run()
    except IngotError as error:
        statement = statement or Statement(Cursor(source, first, Filled(text), scope.configuration), scope)
        scope.registry.fail(error, statement.name or statement.guess_name(), source.location(first))


def _fill(source: Source, first: int, text: str, scope: Scope) -> Filled:
    spans = ((token.start, token.end) for token in scan(text) if token.kind != "comment")
    return fill(text, scope.configuration, lambda at: source.location(first + at), DefinitionError, spans)

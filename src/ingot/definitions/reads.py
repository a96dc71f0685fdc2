"""What a query reads: finds the leaves of a Spark SQL tree and gives each a `Read`.

Owns the table references of SQL text: `STREAM t`, `LIVE.t`, `read_files(…)`, `cloud_files(…)`, ``csv.`/path` ``,
`VERSION AS OF`. Never opens a file or a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import exp

from ingot.errors import AnalysisError, DefinitionError, IngotError, Location, UnsupportedError, nearest
from ingot.model import FileRead, Project, Query, Read, TableName, TableRead
from ingot.sql import parse_statement
from ingot.sql.stream_options import options_of
from ingot.types import parse_schema

FILE_FORMATS = frozenset({"csv", "json", "parquet", "text", "binaryfile", "avro", "xml", "orc"})
_EVENT_LOG = ("_ingot", "event_log")
_OUTSIDE = {
    "read_kafka": "an event stream",
    "read_kinesis": "an event stream",
    "read_pubsub": "an event stream",
}


@dataclass(frozen=True)
class Names:
    """How unqualified names complete: the project's defaults, or what `USE` said before in the file."""

    project: Project
    catalog: str | None = None
    schema: str | None = None

    def complete(self, parts: tuple[str, ...]) -> TableName:
        """The identity that a name of one to three parts stands for."""
        if len(parts) == 1 and self.schema:
            parts = (self.schema, *parts)
        if len(parts) == 2 and self.catalog:
            parts = (self.catalog, *parts)
        return self.project.table_name(parts)


def parse_query(
    text: str,
    project: Project,
    location: Location | None = None,
    defaults: tuple[str | None, str | None] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Query:
    """Parse one query and mark what it reads.

    Args:
        text: Spark SQL, `${…}` already replaced.
        project: For default names and mapped paths.
        location: Where the text begins.
        defaults: Catalog and schema that `USE` has set, each may be None.
        parameters: What `:name` stands for, as text; None when the caller puts values in itself.

    Raises:
        AnalysisError: for text that is not one query.
        DefinitionError: `undefined-parameter`.
        UnsupportedError: for a read that Ingot does not know.
    """
    tree = query_tree(text, location)
    if parameters is not None:
        _fill_parameters(tree, parameters, location)
    return mark_reads(tree, Names(project, *(defaults or (None, None))), location)


def query_tree(text: str, location: Location | None = None) -> exp.Query:
    """Parse one query, and no other statement.

    Raises:
        AnalysisError: for text that is not one query.
    """
    tree = parse_statement(text, location)
    if not isinstance(tree, exp.Query):
        raise AnalysisError(
            f"expected a query, found {type(tree).__name__.upper()}",
            location=location,
            hint="write SELECT …",
            code="syntax-error",
        )
    return tree


def _fill_parameters(tree: exp.Query, parameters: Mapping[str, str], location: Location | None) -> None:
    for node in list(tree.find_all(exp.Placeholder)):
        name = node.name
        if name not in parameters:
            near = nearest(name, list(parameters))
            raise DefinitionError(
                f"the parameter ':{name}' is not defined",
                location=location,
                hint=f"did you mean ':{near}'?" if near else f"add it to `configuration`, or: --set {name}=…",
                code="undefined-parameter",
            )
        node.replace(exp.Literal.string(parameters[name]))


def mark_reads(tree: exp.Query, names: Names, location: Location | None = None) -> Query:
    """Replace every table that the tree reads by a leaf `__r<n>`; common table expressions stay."""
    marker = _Marker(names, location)
    for node in list(tree.find_all(exp.Stream)):
        marker.mark_stream(node)
    for node in list(tree.find_all(exp.Table)):
        marker.mark_table(node)
    return Query(tree, marker.reads, location=location)


@dataclass
class _Marker:
    names: Names
    location: Location | None
    reads: dict[str, Read] = field(default_factory=dict)

    def mark_stream(self, node: exp.Stream) -> None:
        inner = node.this
        alias = node.args.get("alias")
        if isinstance(inner, exp.Subquery):
            alias = inner.args.get("alias") or alias
            inner = inner.this
        if not isinstance(inner, exp.Table):
            raise UnsupportedError(
                "STREAM takes a table or read_files(…)", location=self.location, hint="FROM STREAM bronze.orders"
            )
        if _visible_cte(node, inner):
            raise AnalysisError(
                f"STREAM {inner.name}: a common table expression is not a stream",
                location=self._place(inner),
                hint="write STREAM at the table that the expression reads",
                code="not-a-stream",
            )
        if alias is not None and not inner.args.get("alias"):
            inner.set("alias", alias)
        self._mark(node, inner, is_streaming=True)

    def mark_table(self, node: exp.Table) -> None:
        if isinstance(node.this, exp.Identifier) and node.name in self.reads:
            return
        if _visible_cte(node, node):
            return
        if isinstance(node.this, exp.Anonymous) and node.this.name.lower() not in (*_READERS, *_OUTSIDE):
            return  # a table function that computes: range, explode …
        self._mark(node, node, is_streaming=False)

    def _mark(self, node: exp.Expr, table: exp.Table, is_streaming: bool) -> None:
        leaf = f"__r{len(self.reads)}"
        self.reads[leaf] = self._read(table, is_streaming)
        replacement = exp.Table(this=exp.Identifier(this=leaf, quoted=True))
        for key in ("alias", "joins", "laterals", "pivots", "sample"):
            value = table.args.get(key) or (node.args.get(key) if node is not table else None)
            if value:
                replacement.set(key, value)
        place = self._place(table)
        if place is not None:
            replacement.meta["location"] = place
        node.replace(replacement)

    def _refuse_unknown(self, call: exp.Anonymous) -> None:
        name = call.name.lower()
        if name not in _READERS:
            reads = _OUTSIDE.get(name, "something that Ingot cannot stream")
            raise UnsupportedError(
                f"{call.name} reads {reads}, which is not supported",
                location=self._place(call),
                hint="streams are tables and files: STREAM t, STREAM read_files('/path', format => 'csv')",
                code="unsupported-source",
            )

    def _read(self, table: exp.Table, is_streaming: bool) -> Read:
        place = self._place(table)
        if isinstance(table.this, exp.Anonymous):
            self._refuse_unknown(table.this)
            try:
                return _READERS[table.this.name.lower()](self, table.this, is_streaming, place)
            except IngotError as error:
                raise error.at(place) from None
        parts = tuple(part.name for part in table.parts)
        if len(parts) == 2 and parts[0].lower() in FILE_FORMATS and table.this.args.get("quoted"):
            path = self._map(parts[1])
            return FileRead(path, parts[0].lower(), {}, None, is_streaming, False, False, place)
        return table_read(self.names, parts, is_streaming, _version(table), place, options_of(table))

    def table_read(self, parts: tuple[str, ...], is_streaming: bool, place: Location | None) -> TableRead:
        return table_read(self.names, parts, is_streaming, None, place)

    def read_files(self, call: exp.Anonymous, is_streaming: bool, place: Location | None) -> Read:
        path, options = _arguments(call)
        if path is None:
            raise DefinitionError(
                "read_files needs a path", location=place, hint="read_files('/path', format => 'csv')"
            )
        if not any(_option_name(key) == "format" for key in options):
            from ingot.definitions.mapped import format_of

            found = format_of(Path(self._map(path)))
            options = {**options, "format": found} if found else options
        return file_read(self.names.project, path, options, is_streaming=is_streaming, location=place)

    def cloud_files(self, call: exp.Anonymous, is_streaming: bool, place: Location | None) -> Read:
        arguments = list(call.expressions)
        if len(arguments) < 2:
            raise DefinitionError(
                "cloud_files takes a path, a format and a map of options",
                location=place,
                hint="cloud_files('data/orders', 'json', map('header', 'true'))",
            )
        options = _map_literal(arguments[2], place) if len(arguments) > 2 else {}
        options["format"] = _literal(arguments[1], place)
        path = _literal(arguments[0], place)
        return file_read(self.names.project, path, options, True, infer_types=False, location=place)

    def identifier(self, call: exp.Anonymous, is_streaming: bool, place: Location | None) -> Read:
        parts = tuple(part.strip("` ") for part in _literal(call.expressions[0], place).split("."))
        return self.table_read(parts, is_streaming, place)

    def table_changes(self, call: exp.Anonymous, is_streaming: bool, place: Location | None) -> Read:
        from ingot.definitions.change_feeds import function_options
        from ingot.definitions.names import split_name

        table, options = function_options(call, is_streaming, place)
        is_path = call.name.lower() == "table_changes_by_path"
        parts = ("delta", table) if is_path else tuple(split_name(table))
        return table_read(self.names, parts, is_streaming, None, place, options)

    def event_log(self, call: exp.Anonymous, is_streaming: bool, place: Location | None) -> Read:
        name = TableName(self.names.project.catalog, *_EVENT_LOG)
        return TableRead(name, ("event_log",), is_streaming, location=place)

    def _map(self, path: str) -> str:
        from ingot.project import map_path

        return map_path(self.names.project, path)

    def _place(self, node: exp.Expr) -> Location | None:
        for part in node.find_all(exp.Identifier, exp.Anonymous):
            if "location" in part.meta:
                return part.meta["location"]
        return self.location


_READERS = {
    "read_files": _Marker.read_files,
    "cloud_files": _Marker.cloud_files,
    "identifier": _Marker.identifier,
    "event_log": _Marker.event_log,
    "table_changes": _Marker.table_changes,
    "table_changes_by_path": _Marker.table_changes,
}


def table_read(
    names: Names,
    parts: tuple[str, ...],
    is_streaming: bool = False,
    version: int | str | None = None,
    location: Location | None = None,
    options: Mapping[str, str] | None = None,
) -> TableRead:
    """A read of a table by its name as the user wrote it; `LIVE.` means the pipeline's own datasets.

    A path after `delta.` is mapped to this machine.

    Raises:
        DefinitionError: `feed-range`, for options that do not go together.
    """
    if len(parts) > 1 and parts[0].lower() == "live":
        parts = parts[1:]
    if len(parts) == 2 and parts[0].lower() == "delta" and ("/" in parts[1] or parts[1].startswith(".")):
        name = TableName("", "delta", _mapped_path(names.project, parts[1], location))
    elif len(parts) > 3:
        raise AnalysisError(
            f"a table's name has at most three parts: {'.'.join(parts)}", location=location, hint="catalog.schema.table"
        )
    else:
        name = names.complete(parts)
    if isinstance(version, str):
        from ingot.definitions.change_feeds import zoned

        version = zoned(version, names.project, location)
    if options or (is_streaming and version is not None):
        from ingot.definitions.change_feeds import checked_options

        options = checked_options(options or {}, names.project, is_streaming, version is not None, location)
    return TableRead(name, parts, is_streaming, version, dict(options or {}), location)


def _mapped_path(project: Project, path: str, location: Location | None) -> str:
    from ingot.project import map_path

    try:
        return map_path(project, path)
    except IngotError as error:
        raise error.at(location) from None


def file_read(
    project: Project,
    path: str,
    options: Mapping[str, str],
    is_streaming: bool,
    is_autoloader: bool = True,
    infer_types: bool = True,
    location: Location | None = None,
    has_schema: bool = False,
) -> FileRead:
    """A read of files from a path and options as the user wrote them (any case, with or without `cloudFiles.`).

    `has_schema` says that the caller has a schema for it besides the options.
    """
    from ingot.project import map_path

    folded = {_option_name(key): value for key, value in options.items()}
    file_format = folded.pop("format", None)
    if file_format is None:
        raise DefinitionError(
            f"the format of the files in {path!r} is not given",
            location=location,
            hint="add format => 'csv' (json, parquet, text, binaryFile)",
            code="missing-format",
        )
    file_format = file_format.lower()
    if file_format not in FILE_FORMATS:
        raise UnsupportedError(
            f"files of format {file_format!r} are not supported",
            location=location,
            hint="formats: csv, json, parquet, text, binaryFile",
            code="unsupported-format",
        )
    schema_text = folded.pop("schema", "").strip().strip('"')  # Databricks takes a text in three quotes
    for name in ("infercolumntypes", "inferschema"):
        if name in folded:
            infer_types = folded[name].lower() == "true"
    try:
        schema = parse_schema(schema_text) if schema_text else None
    except IngotError as error:
        raise error.at(location) from None
    mapped = map_path(project, path)
    if is_autoloader and file_format == "csv" and not (schema or has_schema):
        folded.setdefault("header", "true")  # Auto Loader takes the names from a header when it infers the schema
    return FileRead(mapped, file_format, folded, schema, is_streaming, is_autoloader, infer_types, location)


def _option_name(key: str) -> str:
    folded = key.lower()
    return folded.removeprefix("cloudfiles.")


def _arguments(call: exp.Anonymous) -> tuple[str | None, dict[str, str]]:
    path: str | None = None
    options: dict[str, str] = {}
    for argument in call.expressions:
        if isinstance(argument, exp.Kwarg):
            name = argument.this.name
            if name.lower() == "path":
                path = _literal(argument.expression, None)
            else:
                options[name] = _literal(argument.expression, None)
        elif path is None:
            path = _literal(argument, None)
        else:
            raise DefinitionError(f"{call.name} takes options by name", hint="write: header => true")
    return path, options


def _literal(node: exp.Expr, place: Location | None) -> str:
    """The text of a constant: option values are text, whatever type they are written in."""
    match node:
        case exp.Literal():
            return node.this
        case exp.RawString():
            return node.this
        case exp.Boolean():
            return "true" if node.this else "false"
        case exp.Neg(this=exp.Literal() as number):
            return f"-{number.this}"
        case exp.DPipe():
            return _literal(node.this, place) + _literal(node.expression, place)
        case exp.Cast():
            return _literal(node.this, place)
        case exp.Anonymous() if node.name.lower() == "concat":
            return "".join(_literal(part, place) for part in node.expressions)
    raise DefinitionError(
        f"expected a constant, found {node.sql('databricks')}",
        location=place,
        hint="put texts in quotes: 'data/orders'; use ${key} for what varies",
    )


def _map_literal(node: exp.Expr, place: Location | None) -> dict[str, str]:
    is_map = isinstance(node, exp.Anonymous) and node.name.lower() == "map"
    if not is_map or len(node.expressions) % 2:
        raise DefinitionError(
            "options are written as map('key', 'value', …)",
            location=place,
            hint="map('header', 'true', 'delimiter', ';')",
        )
    texts = [_literal(argument, place) for argument in node.expressions]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _version(table: exp.Table) -> int | str | None:
    version = table.args.get("version")
    short = table.args.get("alias")
    if version is None and short is not None and isinstance(short.this, exp.Parameter):
        return _short_version(table, short.this.name)
    if version is None:
        return None
    text = _literal(version.expression, None)
    if version.name.upper() != "VERSION":
        return text
    if not text.isdecimal():
        raise DefinitionError(
            f"{text!r} is no version", hint="a number, such as VERSION AS OF 3", code="invalid-literal"
        )
    return int(text)


def _short_version(table: exp.Table, text: str) -> int | str:
    """`t@v3` and `t@20240131235959000`: versions and instants in Delta's short form."""
    table.set("alias", None)
    if text[:1].lower() == "v" and text[1:].isdigit():
        return int(text[1:])
    if len(text) == 17 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:14]}.{text[14:]}"
    raise AnalysisError(
        f"@{text} is neither a version nor an instant", hint="write t@v3, or t VERSION AS OF 3", code="syntax-error"
    )


def _visible_cte(node: exp.Expr, table: exp.Table) -> bool:
    """Whether the table's name is that of a common table expression in scope."""
    if not isinstance(table.this, exp.Identifier) or table.args.get("db"):
        return False
    name, child, parent = table.name.lower(), node, node.parent
    while parent is not None:
        ctes = parent.args.get("with_")
        if ctes is not None and child is not ctes:
            if any(cte.alias.lower() == name for cte in ctes.expressions):
                return True
        elif isinstance(parent, exp.With):
            for cte in parent.expressions:
                if cte is child and not parent.args.get("recursive"):
                    break
                if cte.alias.lower() == name:
                    return True
        child, parent = parent, parent.parent
    return False

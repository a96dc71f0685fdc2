"""JSON text as values: `from_json`.

Plain JSON is read by DuckDB. A kernel makes other text plain, and tells whether everything in it has the right type
where that is asked for: by the mode FAILFAST, or by a column for corrupt records.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.analysis.json_text import grammar_of
from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.json_values import Reader, read, strict, value_at
from ingot.engines.duckdb.lowering.options import options_of, time_patterns
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.plain_json import is_plain
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import STRING, ArrayType, DataType, MapType, StructType, holds

_OPTIONS = (
    "timestampformat", "timestampntzformat", "dateformat", "mode", "columnnameofcorruptrecord", "allowcomments",
    "allowunquotedfieldnames", "allowsinglequotes", "allownumericleadingzeros", "allownonnumericnumbers",
    "allowbackslashescapinganycharacter", "allowunquotedcontrolchars",
)  # fmt: skip
# They tell how a schema is inferred, or how a file is cut into records.
_WITHOUT_EFFECT = (
    "primitivesasstring", "prefersdecimal", "dropfieldifallnull", "locale", "encoding", "charset", "linesep", "multiline",
    "samplingratio", "inferschema", "infertimestamp", "preferdate", "ignorenullfields",
)  # fmt: skip
_TIMES = ("date", "timestamp", "timestamp_ntz")


def _from_json(call: Call) -> str:
    options = options_of(call, 2, _OPTIONS, _WITHOUT_EFFECT)
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode == "DROPMALFORMED":
        raise call.refuse("from_json has no mode DROPMALFORMED", "use PERMISSIVE or FAILFAST")
    reader = Reader(
        call,
        ",".join(sorted(grammar_of(options).liberties)),
        options.get("columnnameofcorruptrecord", "_corrupt_record"),
        mode == "FAILFAST",
        time_patterns(options),
    )
    target = call.type
    if target.name == "variant":
        return _variant(call.sql[0], reader)
    if not isinstance(target, (StructType, ArrayType, MapType)):
        raise call.refuse(f"from_json to {target.ddl} is not supported", "name a struct, an array or a map")
    return call.scope.let(call.sql[0], lambda text: _record(text, target, reader))


def _variant(sql: str, reader: Reader) -> str:
    if reader.fails_fast:
        return f"{PREFIX}parse_json({sql})"
    return f"{PREFIX}try_parse_json({sql})"


def _plain(text: str, kind: str, target: DataType, reader: Reader) -> str:
    """Plain JSON that begins with its bracket; NULL for what is no JSON."""
    return (
        f"CASE WHEN starts_with({text}, '{kind}') AND {is_plain(text)} THEN {text} "
        f"WHEN {is_plain(text)} THEN CAST(json_extract({text}, '$') AS VARCHAR) ELSE {strict(text, target, reader)} END"
    )


def _record(text: str, target: StructType | ArrayType | MapType, reader: Reader) -> str:
    nothing = f"CAST(NULL AS {duckdb_type(target)})"
    kind = "[" if isinstance(target, ArrayType) else "{"

    def body(plain: str) -> str:
        found = _read_root(plain, text, target, reader)
        other = _empty(target, text, reader) if isinstance(target, StructType) else nothing
        single = ""
        if isinstance(target, ArrayType) and isinstance(target.element, StructType):  # one object is an array of one
            single = f"WHEN starts_with({plain}, '{{') THEN [{read(plain, target.element, reader)}] "
        is_blank = f"{text} IS NULL OR trim({text}) = ''"
        found = f"CASE WHEN starts_with({plain}, '{kind}') THEN {found} {single}WHEN {is_blank} THEN {nothing} ELSE {other} END"
        if not reader.fails_fast:
            return found
        wrong = fail(
            "MALFORMED_RECORD_IN_PARSING: a record does not have the schema of from_json; use the mode PERMISSIVE",
            target,
        )
        fits = _fits(plain, text, target, reader)
        return f"CASE WHEN {is_blank} THEN {nothing} WHEN {fits} THEN {found} ELSE {wrong} END"

    return reader.call.scope.let(_plain(text, kind, target, reader), body)


def _read_root(plain: str, text: str, target: DataType, reader: Reader) -> str:
    corrupt = target.find(reader.corrupt_name) if isinstance(target, StructType) else None
    if corrupt is None or not isinstance(target, StructType):
        return read(plain, target, reader)
    if corrupt.type != STRING:
        raise reader.call.refuse(f"the column {corrupt.name!r} for corrupt records must be a string")
    others = StructType(fields=tuple(f for f in target if f is not corrupt))
    if not others.fields:
        raise reader.call.refuse("from_json needs a field besides that for corrupt records")

    def body(row: str) -> str:
        fits = _fits(plain, text, others, reader)
        fields = [
            f"{quote_name(f.name)} := "
            + (
                f"CASE WHEN {fits} THEN CAST(NULL AS VARCHAR) ELSE {text} END"
                if f is corrupt
                else f"struct_extract({row}, {quote_text(f.name)})"
            )
            for f in target
        ]
        return f"struct_pack({', '.join(fields)})"

    return reader.call.scope.let(read(plain, others, reader), body)


def _fits(plain: str, text: str, target: DataType, reader: Reader) -> str:
    """Whether every value has the type that is asked for."""
    checks = [f"{PREFIX}json_fits({text}, {quote_text(target.ddl)}, {quote_text(reader.flags)})"]
    for item in target if isinstance(target, StructType) else ():
        if item.type.name in _TIMES:
            value = value_at(plain, item.name, reader)
            checks.append(f"({value} IS NULL OR {read(value, item.type, reader)} IS NOT NULL)")
        elif holds(item.type, lambda t: t.name in _TIMES):
            raise reader.call.refuse(
                "from_json does not tell corrupt records of nested dates and timestamps",
                "read them as strings, and cast",
            )
    return f"({' AND '.join(checks)})"


def _empty(target: StructType, text: str, reader: Reader) -> str:
    """A struct of NULLs, but for the record that is corrupt."""
    fields = [
        f"{quote_name(f.name)} := "
        + (
            text
            if f.name.lower() == reader.corrupt_name.lower() and f.type == STRING
            else f"CAST(NULL AS {duckdb_type(f.type)})"
        )
        for f in target
    ]
    return f"struct_pack({', '.join(fields)})"


LOWERINGS: dict[str, Lowering] = {"from_json": _from_json}

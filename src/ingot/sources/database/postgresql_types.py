"""What each type of PostgreSQL lands as, and the SQL that reads it.

Owns this table alone. A type whose values neither Parquet nor Spark can hold lands as PostgreSQL's own text, which is
exact; what has no such text is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingot.sources.database.adapter import Column
from ingot.types import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
)

_DIRECT: dict[str, DataType] = {
    "bool": BOOLEAN,
    "int2": SHORT,
    "int4": INT,
    "int8": LONG,
    "float4": FLOAT,
    "float8": DOUBLE,
    "text": STRING,
    "varchar": STRING,
    "bpchar": STRING,
    "name": STRING,
    "bytea": BINARY,
    "date": DATE,
    "timestamp": TIMESTAMP_NTZ,
    "timestamptz": TIMESTAMP,
}
# fmt: off
_AS_TEXT = frozenset((
    "char", "time", "timetz", "interval", "uuid", "json", "jsonb", "jsonpath", "xml", "inet", "cidr", "macaddr",
    "macaddr8", "bit", "varbit", "tsvector", "tsquery", "point", "line", "lseg", "box", "path", "polygon", "circle",
    "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "int4multirange", "int8multirange",
    "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange", "citext", "ltree", "lquery", "hstore",
    "pg_lsn", "regclass", "regtype",
))
# fmt: on
REFUSED_ARRAY = "the array in column"  # begins a text that is no array, so that the server refuses the query
_WIDEST = 38
_UNBOUNDED = DecimalType(38, 18)  # what Spark takes such a column for; a value that does not fit is an error


def column_of(
    quoted: str, name: str, shown: str, modifier: int, facts: Sequence[str | int | None], is_nullable: bool
) -> Column:
    """A column from the catalog. `facts` are: type, its kind, base type of a domain, its kind, the domain's modifier,
    element type of an array, its kind."""
    type_name, kind, base, base_kind, base_modifier, element, element_kind = facts
    if kind == "d":  # a domain
        type_name, kind = base, base_kind
        modifier = modifier if modifier >= 0 else int(base_modifier or -1)
    text = f"{quoted}::text"
    type_, sql = (
        _array(quoted, name, str(element), str(element_kind), modifier)
        if element is not None
        else _scalar(quoted, str(type_name), str(kind), modifier)
    )
    return Column(name, type_, shown, sql, text, is_nullable)


def _scalar(quoted: str, type_name: str, kind: str, modifier: int) -> tuple[DataType | None, str]:
    text = f"{quoted}::text"
    if kind == "e" or type_name in _AS_TEXT:
        return STRING, text
    if type_name in _DIRECT:
        return _DIRECT[type_name], quoted
    if type_name == "numeric":
        return decimal_type(modifier), text
    if type_name == "money":
        return DecimalType(19, 2), f"{quoted}::numeric::text"
    if type_name in ("oid", "xid", "cid"):
        return LONG, f"{text}::int8"
    if type_name in ("geometry", "geography"):
        return BINARY, f"ST_AsEWKB({quoted})"
    return None, text


def _array(quoted: str, name: str, element: str, element_kind: str, modifier: int) -> tuple[DataType | None, str]:
    """An array of one dimension; the driver would flatten others, so the query fails at them."""
    type_, _ = _scalar("x", element, element_kind, modifier)
    if type_ is None or element in ("money", "oid", "xid", "cid", "geometry", "geography"):
        return None, quoted
    column = name.replace("'", "''").replace("\\", "/")
    refused = f"('{REFUSED_ARRAY} ''{column}'' has the dimensions ' || array_dims({quoted}))"
    cast = "" if element in _DIRECT else "::text[]"
    own = f"{quoted}{cast}"
    fails = f"{refused}::{element if element in _DIRECT else 'text'}[]"
    ok = f"array_ndims({quoted}) IS NULL OR (array_ndims({quoted}) = 1 AND array_lower({quoted}, 1) = 1)"
    return ArrayType(element=type_), f"CASE WHEN {ok} THEN {own} ELSE {fails} END"


def decimal_type(modifier: int) -> DecimalType | None:
    """`numeric` with its precision and scale; None if Spark has no such decimal.

    >>> str(decimal_type(786438)), str(decimal_type(-1)), decimal_type(39 << 16 | 4)
    ('decimal(12,2)', 'decimal(38,18)', None)
    """
    if modifier < 0:
        return _UNBOUNDED
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    if scale >= 0x400:  # a negative scale: rounded to tens, hundreds …
        precision, scale = precision + 0x800 - scale, 0
    precision = max(precision, scale)
    return DecimalType(precision, scale) if precision <= _WIDEST else None

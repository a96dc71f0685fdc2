"""Digests and hash functions. `hash` and `xxhash64` chain their arguments: each is hashed with the result before it."""

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.decimals import unscaled
from ingot.engines.duckdb.lowering.scope import number_literal
from ingot.engines.duckdb.types import quote_text
from ingot.types import ArrayType, DataType, DecimalType, IntervalType, MapType, StructType

_LONG_DIGITS = 18  # decimals up to these are hashed as a long


def _sha2(call: Call) -> str:
    if number_literal(call.arguments[1]) in (0, 256):
        return f"sha256({call.sql[0]})"
    return f"{PREFIX}sha2({', '.join(call.sql)})"


def _hmac(call: Call) -> str:
    algorithm = call.sql[2] if len(call) > 2 else "'SHA-256'"
    return f"{PREFIX}hmac({call.sql[0]}, {call.sql[1]}, {algorithm})"


def _chained(family: str, signed: str) -> Lowering:
    def lower(call: Call) -> str:
        state = "42::UBIGINT"
        for sql, data_type in zip(call.sql, call.types, strict=True):
            state = _hashed(sql, data_type, state, family, call)
        return f"{signed}({state})"

    return lower


def _hashed(sql: str, data_type: DataType, state: str, family: str, call: Call) -> str:
    """The state after a value; NULL leaves it as it is."""
    if data_type.name == "void":
        return state if sql == "NULL" else f"CASE WHEN {sql} IS NULL THEN {state} END"
    let = call.scope.let_all
    match data_type:
        case MapType():
            raise call.refuse(f"{call.name} cannot take a map", "hash map_entries(…) sorted by key")
        case StructType():
            return let([sql, state], lambda value, seed: _hashed_struct(value, data_type, seed, family, call))
        case ArrayType():
            before, item = call.scope.variable(), call.scope.variable()
            inner = _hashed(item, data_type.element, before, family, call)
            return let(
                [state], lambda seed: f"coalesce(list_reduce({sql}, lambda {before}, {item}: {inner}, {seed}), {seed})"
            )
    kind, bits = _bits(sql, data_type, call)
    return let([state], lambda seed: f"coalesce(ingot_{family}_{kind}({bits}, {seed}), {seed})")


def _hashed_struct(value: str, data_type: StructType, seed: str, family: str, call: Call) -> str:
    state = seed
    for field in data_type:
        state = _hashed(f"struct_extract({value}, {quote_text(field.name)})", field.type, state, family, call)
    return f"CASE WHEN {value} IS NULL THEN {seed} ELSE {state} END"


def _bits(sql: str, data_type: DataType, call: Call) -> tuple[str, str]:
    """How a value is hashed (int, long, bytes), and its words or bytes."""
    match data_type:
        case DecimalType():
            digits = unscaled(sql, data_type)
            if data_type.precision <= _LONG_DIGITS:
                return "long", f"ingot_bits64({digits})"
            return "bytes", f"ingot_integer_bytes({digits})"
        case IntervalType():
            if data_type.is_year_month:
                return "int", f"ingot_bits32({sql})"
            return "long", f"ingot_bits64({sql})"
    match data_type.name:
        case "boolean":
            return "int", f"ingot_bits32(CAST({sql} AS INTEGER))"
        case "tinyint" | "smallint" | "int":
            return "int", f"ingot_bits32({sql})"
        case "bigint":
            return "long", f"ingot_bits64({sql})"
        case "float":
            return "int", f"ingot_float_bits({sql})"
        case "double":
            return "long", f"ingot_double_bits({sql})"
        case "date":
            return "int", f"ingot_bits32({sql} - DATE '1970-01-01')"
        case "timestamp" | "timestamp_ntz":
            return "long", f"ingot_bits64(epoch_us({sql}))"
        case "string":
            return "bytes", f"encode({sql})"
        case "binary":
            return "bytes", sql
    raise call.refuse(f"{call.name} cannot take {data_type.ddl}")


LOWERINGS: dict[str, Lowering] = {
    "md5": "md5({0})",
    "sha1": "sha1({0})",
    "sha2": _sha2,
    "hmac": _hmac,
    "crc32": f"{PREFIX}crc32({{0}})",
    "hash": _chained("murmur", "ingot_signed32"),
    "xxhash64": _chained("xx", "ingot_signed64"),
}

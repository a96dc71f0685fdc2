"""Functions of Spark that are computed in Python, value by value, for what DuckDB's SQL cannot say exactly.

A kernel is called `ingot_py_<name>` in lowered SQL and registered on a connection only when a query uses it. Owns the
index of names and the registration. Never sees a tree: constants such as formats and schemas come as text, and are
read once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

PREFIX = "ingot_py_"
_NAME = rf"\b{PREFIX}(\w+)"  # compiled, and kept by `re`, when it is first used
_NAMES = {
    "digests": """
        crc32 sha2 hmac
    """,
    "texts": """
        levenshtein jaro_winkler soundex conv encode decode to_base32 from_base32
        utf8_or_null utf8_validated utf8_mended instr randstr upper initcap
    """,
    "number_formats": """
        to_char to_number try_to_number format_double format_decimal
    """,
    "wide_decimals": """
        wide_decimal try_wide_decimal
    """,
    "vectors": """
        vector_inner_product vector_l2_distance vector_cosine_similarity vector_norm vector_normalize vector_sum
    """,
    "regexes": """
        rx_matches rx_replace rx_extract rx_extract_all rx_count rx_position rx_first rx_split
    """,
    "printf": """
        format_string
    """,
    "csv_records": """
        csv_fields csv_record
    """,
    "json_paths": """
        get_json_object json_object_keys json_array_length json_tuple_item json_strict json_fits json_has_twice
    """,
    "variants": """
        parse_json try_parse_json variant_text variant_string variant_scalar variant_items variant_object
    """,
    "variant_paths": """
        variant_get variant_insert try_variant_insert variant_set try_variant_set variant_delete variant_array_append
        try_variant_array_append variant_strip_nulls variant_explode
    """,
    "variant_types": """
        schema_of_variant schema_of_variants
    """,
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class Kernel:
    """A Python function with its types in DuckDB's words.

    It is not called with NULL unless it `takes_null`; what it raises is a ValueError whose text is
    `CONDITION: what happened; use what helps`.
    """

    function: Callable[..., Any]
    parameters: str
    result: str
    takes_null: bool = False
    is_volatile: bool = False


def kernels_used(sql: str) -> list[str]:
    """The names of the kernels that a query calls."""
    return [name for name in dict.fromkeys(re.findall(_NAME, sql)) if name in _MODULE_OF]


def register(connection: Any, name: str) -> None:
    """Let queries of a connection, and of its cursors, call a kernel."""
    kernel = _kernel(name)
    parameters = _split(kernel.parameters)
    function = kernel.function if kernel.takes_null else _skipping_null(kernel.function, len(parameters))
    connection.create_function(
        PREFIX + name,
        function,
        parameters,
        kernel.result,
        null_handling="special",
        side_effects=kernel.is_volatile,
    )


@lru_cache(maxsize=256)
def _kernel(name: str) -> Kernel:
    return import_module(f"ingot.engines.duckdb.kernels.{_MODULE_OF[name]}").KERNELS[name]


def _split(parameters: str) -> list[str]:
    """Types at commas, of which none stands inside a type here."""
    return [p.strip() for p in parameters.split(",") if p.strip()]


def _skipping_null(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The function, but NULL for an argument that is NULL. With a fixed number of arguments, which DuckDB asks for."""
    match count:
        case 1:
            return lambda a: None if a is None else function(a)
        case 2:
            return lambda a, b: None if a is None or b is None else function(a, b)
        case 3:
            return lambda a, b, c: None if a is None or b is None or c is None else function(a, b, c)
        case 4:
            return lambda a, b, c, d: None if None in (a, b, c, d) else function(a, b, c, d)
    raise AssertionError(count)


__all__ = ["PREFIX", "Kernel", "kernels_used", "register"]

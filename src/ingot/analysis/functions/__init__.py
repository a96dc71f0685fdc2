"""Spark's functions: their names, arguments and types. Engine-neutral.

One table of names and types, by family; how a function is computed is each engine's business. A function of Spark
that is not in the tables is refused by name, never taken for a user's function.
"""

from __future__ import annotations

from functools import lru_cache

from ingot.analysis.functions import (
    aggregates,
    collections,
    conditionals,
    dates,
    generators,
    hashes,
    json,
    numbers,
    percentiles,
    strings,
    textual,
    times,
    variants,
    vectors,
    windows,
)
from ingot.analysis.functions.binders import AGGREGATE_BINDERS, SCALAR_BINDERS, WINDOW_BINDERS
from ingot.analysis.functions.refused import REFUSED
from ingot.analysis.functions.rules import RULES
from ingot.analysis.functions.signature import FunctionSpec, read_table
from ingot.analysis.functions.special import BINDERS, GENERATOR_BINDERS
from ingot.errors import UnsupportedError

_FAMILIES = (
    (strings.SCALARS, "scalar", strings.VOLATILE),
    (numbers.SCALARS, "scalar", numbers.VOLATILE),
    (dates.SCALARS, "scalar", dates.VOLATILE),
    (collections.SCALARS, "scalar", collections.VOLATILE),
    (conditionals.SCALARS, "scalar", conditionals.VOLATILE),
    (json.SCALARS, "scalar", frozenset[str]()),
    (hashes.SCALARS, "scalar", frozenset[str]()),
    (variants.SCALARS, "scalar", frozenset[str]()),
    (aggregates.AGGREGATES, "aggregate", frozenset[str]()),
    (windows.WINDOWS, "window", frozenset[str]()),
    (generators.GENERATORS, "generator", frozenset[str]()),
)


@lru_cache(maxsize=1)
def _table() -> dict[str, FunctionSpec]:
    found: dict[str, FunctionSpec] = {}
    for text, kind, volatile in _FAMILIES:
        for name, spec in read_table(text, kind, volatile):
            spec.rules.update({**RULES, **percentiles.RULES})
            found[name] = spec
    for kind, binders in (
        ("scalar", BINDERS),
        ("scalar", times.BINDERS),
        ("scalar", textual.BINDERS),
        ("scalar", variants.BINDERS),
        ("scalar", vectors.BINDERS),
        ("aggregate", vectors.AGGREGATE_BINDERS),
        ("generator", GENERATOR_BINDERS),
        ("aggregate", AGGREGATE_BINDERS),
        ("scalar", SCALAR_BINDERS),
        ("window", WINDOW_BINDERS),
    ):
        for name, binder in binders.items():
            found[name] = FunctionSpec(name, kind, binder=binder)
    return found


def lookup(name: str) -> FunctionSpec | None:
    """The function of that name; None when Spark has none.

    Raises:
        UnsupportedError: `unsupported-function`, for a function that Spark has and Ingot has not.
    """
    folded = name.lower()
    spec = _table().get(folded)
    if spec is None and folded in REFUSED:
        raise UnsupportedError(
            f"the function {folded} is not supported", hint=REFUSED[folded], code="unsupported-function"
        )
    return spec


def kind_of(name: str) -> str | None:
    """Whether a function is scalar, aggregate, window or generator; None for a name that is not in the tables."""
    spec = _table().get(name.lower())
    return spec.kind if spec is not None else None


def names() -> list[str]:
    """All names that can be called, aliases included; for hints and for `pyspark.sql.functions`."""
    return sorted(name for name in _table() if " " not in name)


__all__ = ["FunctionSpec", "kind_of", "lookup", "names"]

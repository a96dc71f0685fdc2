"""Arrays of floats as vectors."""

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering


def _plain(call: Call) -> str:
    return f"{PREFIX}{call.name}({', '.join(call.sql)})"


def _with_degree(call: Call) -> str:
    degree = call.sql[1] if len(call) > 1 else "2.0::FLOAT"
    return f"{PREFIX}{call.name}({call.sql[0]}, {degree})"


LOWERINGS: dict[str, Lowering] = {
    "vector_inner_product": _plain,
    "vector_l2_distance": _plain,
    "vector_cosine_similarity": _plain,
    "vector_norm": _with_degree,
    "vector_normalize": _with_degree,
}

"""Functions over arrays of floats as vectors, which take nothing else."""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import cast_to
from ingot.analysis.functions.signature import Binder, Bound
from ingot.analysis.typed import Settings
from ingot.errors import AnalysisError
from ingot.types import FLOAT, ArrayType, DataType

_VECTOR = ArrayType(element=FLOAT)


def _vectors(count: int, result: DataType, has_degree: bool = False) -> Binder:
    def bind(call: exp.Anonymous, types: list[DataType], settings: Settings) -> Bound:
        counts = (count, count + 1) if has_degree else (count,)
        is_vector = [isinstance(t, ArrayType) and t.element == FLOAT for t in types[:count]]
        if len(types) not in counts or not all(is_vector) or types[count:] not in ([], [FLOAT]):
            given = ", ".join(t.ddl for t in types)
            takes = ", ".join(["array<float>"] * count) + (", degree?" if has_degree else "")
            raise AnalysisError(
                f"wrong arguments for {call.this}: ({given})",
                location=call.meta.get("location"),
                hint=f"it takes {call.this}({takes})",
                code="wrong-arguments",
            )
        vectors = [cast_to(v, _VECTOR) for v in call.expressions[:count]]
        call.set("expressions", [*vectors, *call.expressions[count:]])
        return call, result

    return bind


BINDERS: dict[str, Binder] = {
    "vector_cosine_similarity": _vectors(2, FLOAT),
    "vector_inner_product": _vectors(2, FLOAT),
    "vector_l2_distance": _vectors(2, FLOAT),
    "vector_norm": _vectors(1, FLOAT, has_degree=True),
    "vector_normalize": _vectors(1, _VECTOR, has_degree=True),
}
AGGREGATE_BINDERS: dict[str, Binder] = {"vector_sum": _vectors(1, _VECTOR)}

"""Arrays of floats as vectors: norms, products, distances. Sums are of doubles, results are floats."""

from __future__ import annotations

import math
import struct
from typing import Any

from ingot.engines.duckdb.kernels import Kernel

Vector = list[float | None]


def _pairs(name: str, left: Vector, right: Vector) -> list[tuple[float, float]] | None:
    """The numbers of two vectors side by side; None when one is NULL."""
    if len(left) != len(right):
        raise ValueError(
            f"VECTOR_DIMENSION_MISMATCH: {name} takes vectors of one size, not {len(left)} and {len(right)}"
        )
    if None in left or None in right:
        return None
    return list(zip(left, right, strict=True))  # type: ignore[arg-type]


def _inner_product(left: Vector, right: Vector) -> float | None:
    pairs = _pairs("vector_inner_product", left, right)
    return None if pairs is None else sum(a * b for a, b in pairs)


def _l2_distance(left: Vector, right: Vector) -> float | None:
    pairs = _pairs("vector_l2_distance", left, right)
    return None if pairs is None else math.sqrt(sum((a - b) ** 2 for a, b in pairs))


def _cosine(left: Vector, right: Vector) -> float | None:
    pairs = _pairs("vector_cosine_similarity", left, right)
    if not pairs:
        return None
    lengths = math.sqrt(sum(a * a for a, _ in pairs)) * math.sqrt(sum(b * b for _, b in pairs))
    return sum(a * b for a, b in pairs) / lengths if lengths else None


def _norm(vector: Vector, degree: float) -> float | None:
    if degree not in (1.0, 2.0, math.inf):
        raise ValueError(f"INVALID_VECTOR_NORM_DEGREE: a vector's norm is of degree 1, 2 or infinity, not {degree}")
    numbers = [abs(number) for number in vector if number is not None]
    if len(numbers) != len(vector):
        return None
    if degree == 1.0:
        return sum(numbers)
    return max(numbers, default=0.0) if degree == math.inf else math.sqrt(sum(number * number for number in numbers))


def _normalized(vector: Vector, degree: float) -> Vector | None:
    length = _norm(vector, degree)
    if not vector:
        return []
    return None if not length else [number / length for number in vector if number is not None]


def _single(number: float) -> float:
    """The nearest float; infinity beyond the largest."""
    try:
        return struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


def _sum(numbers: tuple[float, ...]) -> float:
    """In floats, as Spark adds them."""
    total = 0.0
    for number in numbers:
        total = _single(total + number)
    return total


def _sums(vectors: list[Any] | None) -> Vector | None:
    """The sum of a group's vectors, place by place; NULLs, and vectors that hold one, do not count."""
    found = [vector for vector in vectors or () if vector is not None and None not in vector]
    if not found:
        return None
    if len({len(vector) for vector in found}) > 1:
        raise ValueError("VECTOR_DIMENSION_MISMATCH: the vectors of a group have several sizes")
    return [_sum(numbers) for numbers in zip(*found, strict=True)]


KERNELS = {
    "vector_inner_product": Kernel(_inner_product, "FLOAT[], FLOAT[]", "FLOAT"),
    "vector_l2_distance": Kernel(_l2_distance, "FLOAT[], FLOAT[]", "FLOAT"),
    "vector_cosine_similarity": Kernel(_cosine, "FLOAT[], FLOAT[]", "FLOAT"),
    "vector_norm": Kernel(_norm, "FLOAT[], FLOAT", "FLOAT"),
    "vector_normalize": Kernel(_normalized, "FLOAT[], FLOAT", "FLOAT[]"),
    "vector_sum": Kernel(_sums, "FLOAT[][]", "FLOAT[]", takes_null=True),
}

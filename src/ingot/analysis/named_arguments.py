"""Named arguments, `mask(text, digitChar => 'd')`: which functions of Spark have names, and the order they stand for.

Works on the untyped tree. Never types an argument.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.nodes import Node
from ingot.errors import AnalysisError, Location, near_hint

# Name and default of each argument; None where there is no default, so that the argument must be given.
_NULL = exp.Null()
_NAMES: dict[str, tuple[tuple[str, Node | None], ...]] = {
    "mask": (
        ("str", None),
        ("upperChar", exp.Literal.string("X")),
        ("lowerChar", exp.Literal.string("x")),
        ("digitChar", exp.Literal.string("n")),
        ("otherChar", _NULL),
    ),
    "uniform": (("min", None), ("max", None), ("seed", _NULL)),
    "randstr": (("length", None), ("seed", _NULL)),
    "count_min_sketch": (("column", None), ("epsilon", None), ("confidence", None), ("seed", None)),
    **dict.fromkeys(("explode", "explode_outer", "posexplode", "posexplode_outer"), (("collection", None),)),
    **dict.fromkeys(("inline", "inline_outer", "variant_explode", "variant_explode_outer"), (("input", None),)),
}


def in_order(function: str, written: list[Node], location: Location | None) -> list[Node]:
    """The arguments in the function's own order, with the defaults of those between that were left out.

    Raises:
        AnalysisError: `wrong-arguments`, for a name that the function does not have, twice, or before a plain argument.
    """
    if not any(isinstance(a, exp.Kwarg) for a in written):
        return written
    names = _NAMES.get(function)
    if names is None:
        raise AnalysisError(
            f"'{function}' has no names for its arguments",
            location=location,
            hint="write the arguments in order",
            code="wrong-arguments",
        )
    plain = next(i for i, a in enumerate(written) if isinstance(a, exp.Kwarg))
    found: dict[int, Node] = dict(enumerate(written[:plain]))
    for argument in written[plain:]:
        position = _position(function, argument, [n for n, _ in names], location)
        if position in found:
            raise _wrong(f"'{function}' is given '{names[position][0]}' twice", location)
        found[position] = argument.expression
    missing = [n for i, (n, default) in enumerate(names[: max(found) + 1]) if i not in found and default is None]
    missing += [n for i, (n, default) in enumerate(names) if i > max(found) and default is None]
    if missing:
        raise _wrong(f"'{function}' needs the argument '{missing[0]}'", location)
    return [found[i] if i in found else names[i][1] for i in range(max(found) + 1)]


def _position(function: str, argument: Node, names: list[str], location: Location | None) -> int:
    if not isinstance(argument, exp.Kwarg):
        raise _wrong(f"'{function}': arguments without a name come before those with one", location)
    folded = [n.lower() for n in names]
    name = argument.this.name
    if name.lower() in folded:
        return folded.index(name.lower())
    raise _wrong(
        f"'{function}' has no argument '{name}'",
        location,
        near_hint(name, names, f"its arguments: {', '.join(names)}"),
    )


def _wrong(message: str, location: Location | None, hint: str | None = None) -> AnalysisError:
    return AnalysisError(message, location=location, hint=hint, code="wrong-arguments")

"""Name resolution: which column of which relation a name means, by Spark's rules.

Owns the order in which columns, lateral column aliases, lambda variables and outer scopes are asked, the fields below a
column, and the errors for what nothing answers to. Never types an operator or a function.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ingot.analysis.nodes import Node, copied, embedded, identifier
from ingot.analysis.scopes import Attribute, Scope, place
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, UnknownColumnError, UnsupportedError, near_hint, nearest
from ingot.types import ArrayType, DataType, Field, MapType, StructType

# Functions that answer anew at each evaluation; `current_date` and its kin answer the same within one update.
ANSWERS_ANEW = ("rand", "randn", "uuid", "shuffle", "uniform", "randstr", "monotonically_increasing_id")


def answers_anew(call: exp.Anonymous) -> bool:
    """Whether another evaluation of a typed call, within the same update, may give another value."""
    return bool(call.meta.get("volatile")) and ("user" in call.meta or call.this in ANSWERS_ANEW)


def resolve(parts: list[str], scope: Scope, node: Node) -> Node | None:
    """The typed expression that a name means in this scope or around it; None when there is no such column.

    Raises:
        AnalysisError: `ambiguous-column`, or `unknown-field` below a column that was found.
    """
    variable = scope.variables.get(parts[0].lower())
    if variable is not None:
        name, data_type = variable
        return extract_fields(set_type(identifier(name), data_type), parts[1:], scope, node)
    frame = node.meta.get("frame")
    if isinstance(frame, str):
        found = scope.from_frame(frame, parts[0])
        if found:
            return extract_fields(copied(_only(found, parts, scope, node).node), parts[1:], scope, node)
    if scope.prefers_aliases or node.meta.get("means_alias"):
        return _alias(parts, scope, node) or _resolve_column(parts, scope, node) or _outer(parts, scope, node)
    return _resolve_column(parts, scope, node) or _alias(parts, scope, node) or _outer(parts, scope, node)


def _resolve_column(parts: list[str], scope: Scope, node: Node) -> Node | None:
    folded = tuple(part.lower() for part in parts)
    for length in range(min(3, len(parts) - 1), 0, -1):
        found = [
            column
            for relation in scope.relations
            if relation.answers_to(folded[:length])
            for column in (*relation.columns, *relation.hidden)
            if column.name.lower() == folded[length]
        ]
        if found:
            column = _only(found, parts, scope, node)
            return extract_fields(copied(column.node), parts[length + 1 :], scope, node)
    found = scope.named(parts[0])
    if not found:
        found = [c for r in scope.relations for c in r.hidden if c.name.lower() == folded[0]]
    if not found:
        return None
    return extract_fields(copied(_only(found, parts, scope, node).node), parts[1:], scope, node)


def _only(found: list[Attribute], parts: list[str], scope: Scope, node: Node) -> Attribute:
    if len(found) > 1:
        raise AnalysisError(
            f"column '{'.'.join(parts)}' is ambiguous: it may be from {_labels(scope, found)}",
            location=place(node, scope),
            hint="write the table's name or alias before it",
            code="ambiguous-column",
        )
    return found[0]


def _labels(scope: Scope, found: list[Attribute]) -> str:
    holding = [r for r in scope.relations if any(c in found for c in (*r.columns, *r.hidden))]
    is_same = len({r.label for r in holding}) < len(holding)  # one table twice: only its aliases tell
    labels = [r.qualifier[-1] if r.qualifier and is_same else r.label for r in holding]
    return " or ".join(dict.fromkeys(labels)) or "several columns of that name"


def _alias(parts: list[str], scope: Scope, node: Node) -> Node | None:
    found = scope.aliases.get(parts[0].lower())
    if not found:
        return None
    if len(found) > 1:
        raise AnalysisError(
            f"column '{parts[0]}' is ambiguous: the select list has {len(found)} columns of that name",
            location=place(node, scope),
            code="ambiguous-column",
        )
    refuse_second_evaluation(found[0], parts[0], scope)
    return extract_fields(embedded(found[0]), parts[1:], scope, node)


def refuse_second_evaluation(node: Node, name: str, scope: Scope) -> None:
    """Refuse to put an expression in the place of its alias when it would be another value there.

    Raises:
        UnsupportedError: `unsupported`.
    """
    for call in node.find_all(exp.Anonymous):
        if call.meta.get("volatile") and call.this in ANSWERS_ANEW:
            raise UnsupportedError(
                f"'{name}' calls {call.this}() and is used again in the same SELECT, where it would be another value",
                location=place(node, scope),
                hint="compute it in a subquery, and use it outside",
            )


def _outer(parts: list[str], scope: Scope, node: Node) -> Node | None:
    outer = scope.parent
    while outer is not None:
        found = _resolve_column(parts, outer, node)
        if found is not None:
            return found
        outer = outer.parent
    return None


def extract_fields(base: Node, names: list[str], scope: Scope, node: Node) -> Node:
    """Walk down a struct, an array of structs, or a map.

    Raises:
        UnknownColumnError: `unknown-field`, of a column; the error says which one, for a test may assume that field.
    """
    column = base
    try:
        for name in names:
            base = extract_field(base, name, scope, node)
    except AnalysisError as error:
        relations = [r for r in scope.relations if any(c.node == column for c in r.columns)]
        if error.code != "unknown-field" or not relations:
            raise
        labels = tuple(r.label or r.alias for r in relations)
        facts = {"location": error.location, "hint": error.hint, "code": error.code}
        raise UnknownColumnError(error.message, (column.name, *names), labels, **facts) from None
    return base


def extract_field(base: Node, name: str, scope: Scope, node: Node) -> Node:
    """`base.name`: a struct's field, that field of each element of an array, or a map's value."""
    data_type = type_of(base)
    match data_type:
        case StructType():
            found = _field(data_type, name, scope, node)
            return set_type(exp.Dot(this=base, expression=identifier(found.name)), found.type)
        case ArrayType(element=StructType() as element):
            found = _field(element, name, scope, node)
            dot = exp.Dot(this=base, expression=identifier(found.name))
            return set_type(dot, ArrayType(element=found.type))
        case MapType():
            key = set_type(exp.Literal.string(name), DataType("string"))
            return set_type(exp.Bracket(this=base, expressions=[key]), data_type.value)
    raise AnalysisError(
        f"'{name}' cannot be taken from a value of type {data_type.ddl}",
        location=place(node, scope),
        code="type-mismatch",
    )


def _field(struct: StructType, name: str, scope: Scope, node: Node) -> Field:
    found = [f for f in struct if f.name.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise AnalysisError(
            f"field '{name}' is ambiguous: the struct has {len(found)} of that name",
            location=place(node, scope),
            code="ambiguous-column",
        )
    raise AnalysisError(
        f"field '{name}' does not exist in {struct.ddl}",
        location=place(node, scope),
        hint=near_hint(name, struct.names, f"fields: {', '.join(struct.names)}"),
        code="unknown-field",
    )


def unknown_column(parts: list[str], scope: Scope, node: Node) -> AnalysisError:
    """The error for a name that nothing answers to."""
    names = [c.name for c in scope.columns] + [h.name for r in scope.relations for h in r.hidden] + list(scope.aliases)
    labels = [label for r in scope.relations if (label := r.label or r.alias)]
    near = nearest(parts[-1], names)
    where = f" in {', '.join(labels)}" if labels else ""
    qualifiers = [r.qualifier[-1] for r in scope.relations if r.qualifier]
    if len(parts) == 2 and near == parts[-1] and parts[0].lower() not in map(str.lower, qualifiers):
        near = f"{qualifiers[0]}.{near}" if len(qualifiers) == 1 else near
    elif len(parts) > 1 and not near:
        near = nearest(parts[0], qualifiers)
    hint = f"did you mean '{near}'?" if near else _hint_at_files(names) or _listed(names)
    if "_metadata" in map(str.lower, parts):
        hint = "only files have it: where they are read, keep what is needed of it as columns"
    table = parts[-2].lower() if len(parts) > 1 else None
    named = [r for r in scope.relations if r.qualifier and r.qualifier[-1].lower() == table]
    return UnknownColumnError(
        f"column '{'.'.join(parts)}' does not exist{where}",
        tuple(parts[-1:] if named else parts),
        tuple(r.label or r.alias for r in named or scope.relations),
        location=place(node, scope),
        hint=hint,
    )


def _hint_at_files(names: list[str]) -> str | None:
    """What columns of files look like that are read with the wrong options."""
    given = [name for name in names if name not in ("_rescued_data", "_metadata")]
    if len(given) > 1 and all(re.fullmatch(r"_c\d+", name) for name in given):
        return "the files are read without their header: header => true"
    if len(given) == 1 and any(char in given[0] for char in ",;|\t"):
        return f"all is in one column, '{given[0]}': is the delimiter right? sep => ','"
    if given == ["_corrupt_record"]:
        return "no record of the files could be read: is the format right?"
    return None


def _listed(names: list[str]) -> str | None:
    named = [name for name in names if not name.startswith("__ingot_")]
    return f"columns: {', '.join(named[:20])}" if named else None

"""Stars: the columns that `*`, `t.*`, `struct.*` and `* EXCEPT (…)` stand for."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.analysis.literals import string_literal
from ingot.analysis.names import extract_field, resolve
from ingot.analysis.nodes import Node, copied, name_parts
from ingot.analysis.scopes import Attribute, Scope, place
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, UnknownColumnError, near_hint
from ingot.types import StructType, struct


def is_star(node: Node) -> bool:
    """Whether a node is `*` or `t.*`."""
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def expand(node: Node, scope: Scope) -> list[Attribute]:
    """The columns of a star in order, EXCEPT applied.

    Raises:
        AnalysisError: `unknown-table` for a qualifier that is neither a relation nor a struct, `unknown-column` for
            an excepted column that is not there.
    """
    star = node if isinstance(node, exp.Star) else node.this
    if star.meta.get("lenient"):
        return _edited(list(scope.columns), star, scope)
    for option in ("replace", "rename"):
        if star.args.get(option):
            raise AnalysisError(f"Spark has no * {option.upper()}", location=place(node, scope), code="syntax-error")
    columns = list(scope.columns) if node is star else _qualified(node, scope)
    for excepted in star.args.get("except_") or []:
        parts = name_parts(excepted)
        if parts is None:
            raise AnalysisError(
                "EXCEPT takes names of columns",
                location=place(node, scope),
                hint="* EXCEPT (a, b)",
                code="syntax-error",
            )
        columns = _without(columns, [p.name for p in parts], excepted, scope)
    return columns


def _edited(columns: list[Attribute], star: Node, scope: Scope) -> list[Attribute]:
    """The columns after a DataFrame's drop and withColumnRenamed, which pass over names that are not there."""
    for dropped in star.args.get("except_") or []:
        parts = [p.name for p in dropped.parts]
        if len(parts) == 1:
            columns = [c for c in columns if c.name.lower() != parts[0].lower()]
        else:
            target = resolve(parts, scope, dropped)
            columns = [c for c in columns if target is None or c.node != target]
    renamed = {pair.this.name.lower(): pair.alias for pair in star.args.get("rename") or []}
    return [replace(c, name=renamed.get(c.name.lower(), c.name)) for c in columns]


def _qualified(node: Node, scope: Scope) -> list[Attribute]:
    parts = [p.name for p in node.parts[:-1]]
    folded = tuple(p.lower() for p in parts)
    found = [r for r in scope.relations if r.answers_to(folded)]
    if found:
        return [c for relation in found for c in relation.columns]
    base = resolve(parts, scope, node)
    if base is None:
        raise AnalysisError(
            f"'{'.'.join(parts)}' in '{'.'.join(parts)}.*' is neither a table nor a struct here",
            location=place(node, scope),
            hint=near_hint(parts[-1], [r.qualifier[-1] for r in scope.relations if r.qualifier]),
            code="unknown-table",
        )
    data_type = type_of(base)
    if not isinstance(data_type, StructType):
        raise AnalysisError(
            f"'{'.'.join(parts)}.*' takes a struct, but it is {data_type.ddl}",
            location=place(node, scope),
            code="type-mismatch",
        )
    return [Attribute(f.name, extract_field(copied(base), f.name, scope, node)) for f in data_type]


def _without(columns: list[Attribute], parts: list[str], node: Node, scope: Scope) -> list[Attribute]:
    """The columns less one; `a.b` takes a field out of a struct, or column `b` of relation `a`."""
    kept = [c for c in columns if c.name.lower() != parts[0].lower()]
    if len(parts) == 1:
        if len(kept) < len(columns):
            return kept
        raise UnknownColumnError(
            f"column '{parts[0]}' in EXCEPT does not exist",
            tuple(parts),
            tuple(r.label or r.alias for r in scope.relations),
            location=place(node, scope),
            hint=near_hint(parts[0], [c.name for c in columns]),
        )
    target = resolve(parts, scope, node)
    rest = [c for c in columns if target is None or c.node != target]
    if len(rest) < len(columns):
        return rest
    return [_without_field(c, parts[1:], node, scope) if c not in kept else c for c in columns]


def _without_field(column: Attribute, parts: list[str], node: Node, scope: Scope) -> Attribute:
    return replace(column, node=_struct_without(column.node, parts, node, scope), origins=frozenset())


def _struct_without(base: Node, parts: list[str], node: Node, scope: Scope) -> Node:
    data_type = type_of(base)
    if not isinstance(data_type, StructType) or data_type.find(parts[0]) is None:
        raise AnalysisError(
            f"field '{parts[0]}' in EXCEPT does not exist", location=place(node, scope), code="unknown-column"
        )
    arguments, fields = [], []
    for field in data_type:
        is_target = field.name.lower() == parts[0].lower()
        if is_target and len(parts) == 1:
            continue
        value = extract_field(copied(base), field.name, scope, node)
        value = _struct_without(value, parts[1:], node, scope) if is_target else value
        fields.append(replace(field, type=type_of(value)))
        arguments += [string_literal(field.name), value]
    return set_type(exp.Anonymous(this="named_struct", expressions=arguments), struct(*fields))

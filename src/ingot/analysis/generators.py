"""Functions that give rows: in FROM, in LATERAL VIEW and, through these, in the select list.

Owns their typing and the relation that they make. What a generator's columns are is in `analysis.functions`.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis import functions
from ingot.analysis.coercion import implicit_cast
from ingot.analysis.expressions import typed
from ingot.analysis.named_arguments import in_order
from ingot.analysis.nodes import Node, column_node, copied, identifier, unique_names
from ingot.analysis.outputs import as_relation, selection
from ingot.analysis.scopes import Attribute, Output, Relation, Scope, place, relation_columns
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import INT, LONG, Field, StructType, struct

_GENERATOR_CLASSES: dict[type, str] = {
    exp.Explode: "explode", exp.ExplodeOuter: "explode_outer", exp.Posexplode: "posexplode",
    exp.PosexplodeOuter: "posexplode_outer", exp.Inline: "inline", exp.Stack: "stack",
}  # fmt: skip


def column_aliases(node: Node, schema: StructType, scope: Scope) -> list[str] | None:
    """The names that `AS t(a, b)` gives, None where there are none."""
    alias = node.args.get("alias")
    names = [c.name for c in alias.columns] if alias is not None else []
    if names and len(names) != len(schema):
        raise AnalysisError(
            f"'{node.alias}' names {len(names)} columns, but there are {len(schema)}",
            location=place(node, scope),
            code="wrong-column-count",
        )
    return names or None


def generator_name(node: Node) -> str | None:
    """The name of a generator call, None for everything else."""
    name = _GENERATOR_CLASSES.get(type(node))
    if name is None and isinstance(node, exp.Anonymous):
        spec = functions.lookup(str(node.this))
        name = str(node.this).lower() if spec is not None and spec.kind == "generator" else None
    return name


def as_call(node: Node) -> Node:
    """A generator that the parser has a class for as a plain call; everything else as it is."""
    name = _GENERATOR_CLASSES.get(type(node))
    if name is None:
        return node
    written = [node.this, *node.expressions] if not isinstance(node.this, list) else node.this
    return exp.Anonymous(this=name, expressions=[copied(w) for w in written if w is not None])


def lateral_view(node: Node, scope: Scope, is_outer: bool) -> Node:
    """Type a generator over the relations so far; its columns come into the scope as a relation of their own."""
    call, name = node.this, generator_name(node.this)
    if name is None:
        raise AnalysisError(
            f"'{node.this.sql('databricks')}' gives no rows", location=place(node, scope), code="misplaced-generator"
        )
    call = as_call(call)
    if name.endswith("_outer"):
        name, is_outer = name.removesuffix("_outer"), True
    spec = functions.lookup(name)
    assert spec is not None
    arguments = [typed(a, scope) for a in in_order(name, call.expressions, call.meta.get("location"))]
    bound, schema = spec.bind(
        exp.Anonymous(this=name, expressions=arguments), [type_of(a) for a in arguments], scope.run.settings
    )
    assert isinstance(schema, StructType)
    set_type(bound, schema)
    alias = scope.run.unique(node.alias or f"__{name}")
    names = column_aliases(node, schema, scope) or schema.names
    physical = unique_names(names)
    inner = [
        Attribute(f.name, column_node(alias, p, f.type), f.nullable or is_outer)
        for f, p in zip(schema, physical, strict=True)
    ]
    columns = relation_columns(alias, zip(names, physical, inner, strict=True))
    scope.add(Relation(alias, (node.alias,) if node.alias else (), columns, label=node.alias or name))
    return exp.Lateral(
        this=bound,
        view=True,
        outer=is_outer,
        alias=exp.TableAlias(this=identifier(alias), columns=[identifier(p) for p in physical]),
    )


def table_function(call: Node, node: Node, scope: Scope) -> tuple[Node, Relation]:
    name = _GENERATOR_CLASSES.get(type(call)) or str(call.this).lower()
    if name == "range":
        return _range(call, node, scope)
    spec = functions.lookup(name)
    if spec is None or spec.kind != "generator":
        raise UnsupportedError(
            f"the table function '{name}' is not supported", location=place(node, scope), code="unsupported-function"
        )
    inner = Scope(scope.run, parent=scope.parent, functions=scope.functions)
    lateral = lateral_view(exp.Lateral(this=call, view=True), inner, is_outer=False)
    zero = set_type(exp.Literal.number(0), INT)
    one = exp.Values(
        expressions=[exp.Tuple(expressions=[zero])],
        alias=exp.TableAlias(this=identifier(scope.run.unique("__one")), columns=[identifier("zero")]),
    )
    tree = selection(one, inner.columns)
    tree.set("laterals", [lateral])
    output = Output(tree, inner.columns)
    shown = column_aliases(node, output.schema, scope)
    return as_relation(output, scope.run, node.alias or f"__{name}", shown)


def _range(call: Node, node: Node, scope: Scope) -> tuple[Node, Relation]:
    arguments = [implicit_cast(typed(a, scope.sibling()), LONG, scope.run.settings) for a in call.expressions[:3]]
    if not 1 <= len(call.expressions) <= 4:
        raise AnalysisError("range takes 1 to 4 arguments", location=place(node, scope), code="wrong-arguments")
    if len(arguments) == 1:
        arguments.insert(0, set_type(exp.Literal.number(0), LONG))
    if len(arguments) == 2:
        arguments.append(set_type(exp.Literal.number(1), LONG))
    alias = scope.run.unique(node.alias or "__range")
    schema = struct(Field("id", LONG, False))
    names = column_aliases(node, schema, scope) or ["id"]
    columns = relation_columns(
        alias, [(names[0], names[0], Attribute("id", column_node(alias, names[0], LONG), False))]
    )
    item = exp.Table(
        this=set_type(exp.Anonymous(this="range", expressions=arguments), schema),
        alias=exp.TableAlias(this=identifier(alias), columns=[identifier(names[0])]),
    )
    return item, Relation(alias, (node.alias,) if node.alias else (), columns, label=node.alias or "range")

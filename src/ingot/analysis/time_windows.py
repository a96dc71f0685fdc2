"""`window(…)` and `session_window(…)`: rows are put into windows before the select that names them groups.

A tumbling window is an expression of its row; windows that overlap are rows of a lateral view; a session is found by
window functions over a subquery. Owns this rewriting of the untyped select. What the calls take is told by
`functions.times`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from ingot.analysis.expressions import typed
from ingot.analysis.nodes import Node, copied, identifier
from ingot.analysis.scopes import Attribute, Scope, place
from ingot.analysis.typed import set_type
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import BOOLEAN

_NAMES = frozenset({"window", "session_window"})
_ROWS = "window rows"  # no name that a user can write: the windows of a row, as an array
_SESSIONS = """
SELECT *, named_struct('start', min(ingot_begin) OVER (PARTITION BY {keys}, ingot_session),
                       'end', max(ingot_end) OVER (PARTITION BY {keys}, ingot_session)) AS session_window
FROM (SELECT *, sum(ingot_new) OVER (PARTITION BY {keys} ORDER BY ingot_begin, ingot_end
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ingot_session
      FROM (SELECT *, CASE WHEN ingot_begin > max(ingot_end) OVER (PARTITION BY {keys} ORDER BY ingot_begin, ingot_end
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 1 ELSE 0 END AS ingot_new
            FROM ingot_rows))
"""
_ALONE = "SELECT *, named_struct('start', ingot_begin, 'end', ingot_end) AS session_window FROM ingot_rows"


def find_window(select: Node, scope: Scope) -> Node | None:
    """The time window that a select groups by or shows, if there is one.

    Raises:
        AnalysisError: `wrong-arguments`, for two different ones.
    """
    group = select.args.get("group")
    found: Node = None
    for part in [*select.expressions, *(group.expressions if group is not None else [])]:
        for call in _calls(part):
            if found is not None and found != call:
                raise AnalysisError(
                    "a select can hold only one time window",
                    location=place(call, scope),
                    hint="compute one of them in a subquery",
                    code="wrong-arguments",
                )
            found = call
    return found


def _calls(node: Node) -> Iterator[Node]:
    kind = type(node)
    if kind in (exp.Column, exp.Literal, exp.Star) or isinstance(node, exp.Query):
        return
    if kind is exp.Anonymous and str(node.this).lower() in _NAMES:
        yield node
        return
    for value in node.args.values():
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, exp.Expr):
                yield from _calls(part)


def rewritten(select: Node, call: Node, scope: Scope) -> Node:
    """The select with its window as a column, unless the window is an expression of its row."""
    if str(call.this).lower() == "session_window":
        return _with_sessions(select, call, scope)
    if len(call.expressions) < 3 or call.expressions[1] == call.expressions[2]:
        return select
    generator = exp.Anonymous(
        this="explode", expressions=[exp.Anonymous(this=_ROWS, expressions=[copied(e) for e in call.expressions])]
    )
    alias = exp.TableAlias(this=identifier("ingot_windows"), columns=[identifier("window")])
    lateral = exp.Lateral(this=generator, view=True, alias=alias)
    changed = _with_column(select, call, "window")
    changed.set("laterals", [*(changed.args.get("laterals") or []), lateral])
    return changed


def bring_in(call: Node, select: Node, tree: Node, scope: Scope) -> None:
    """Let `window` name a tumbling window where the select groups, and leave out rows without a time."""
    node = typed(call, scope)
    moment = node.expressions[0]
    present = set_type(exp.Not(this=set_type(exp.Is(this=moment, expression=exp.Null()), BOOLEAN)), BOOLEAN)
    where = tree.args.get("where")
    condition = set_type(exp.And(this=where.this, expression=present), BOOLEAN) if where is not None else present
    tree.set("where", exp.Where(this=condition))
    if select.args.get("group") is not None and not scope.named("window"):
        scope.columns.append(Attribute("window", node))
        scope.forget_index()


def _with_column(select: Node, call: Node, name: str) -> Node:
    """The select with a column in the place of the call, but for its FROM."""
    kept = {"from_", "joins", "laterals", "where", "with_"}
    column = exp.Column(this=identifier(name))
    args: dict[str, Any] = {k: v if k in kept else _replaced(v, call, column) for k, v in select.args.items()}
    changed = exp.Select(**args)
    changed.meta.update(select.meta)
    return changed


def _replaced(value: Any, call: Node, column: Node) -> Any:
    if isinstance(value, list):
        return [_replaced(v, call, column) for v in value]
    if not isinstance(value, exp.Expr) or isinstance(value, exp.Query):
        return value
    if value == call:
        return copied(column)
    changed = type(value)(**{k: _replaced(v, call, column) for k, v in value.args.items()})
    changed.meta.update(value.meta)
    return changed


# --- sessions -------------------------------------------------------------------------------------------------


def _with_sessions(select: Node, call: Node, scope: Scope) -> Node:
    from ingot.sql import parse_statement

    if len(call.expressions) != 2:
        raise AnalysisError(
            "session_window takes a timestamp and a gap", location=place(call, scope), code="wrong-arguments"
        )
    source = select.args.get("from_")
    if source is None or select.args.get("joins") or select.args.get("laterals") or source.this.args.get("joins"):
        raise _unsupported("a session_window over a join", "join in a subquery, and group outside", call, scope)
    if any(isinstance(e, exp.Star) for e in select.expressions):
        raise _unsupported("a star beside session_window", "name the columns", call, scope)
    group = select.args.get("group")
    keys = _keys(select, group, call, scope) if group is not None else []
    rows = _rows(source.this, call, keys, select.args.get("where"))
    names = ", ".join(f"ingot_key{i}" for i in range(len(keys))) or "1"
    whole = parse_statement(_SESSIONS.format(keys=names) if group is not None else _ALONE)
    leaf = next(table for table in whole.find_all(exp.Table) if table.name == "ingot_rows")
    leaf.replace(exp.Subquery(this=rows))
    changed = _with_column(select, call, "session_window")
    changed.set("where", None)
    alias = source.this.alias or source.this.name
    shown = exp.TableAlias(this=identifier(alias)) if alias else None
    changed.set("from_", exp.From(this=exp.Subquery(this=whole, alias=shown)))
    return changed


def _keys(select: Node, group: Node, call: Node, scope: Scope) -> list[Node]:
    """What is grouped by beside the session."""
    if any(value for key, value in group.args.items() if key != "expressions"):
        raise _unsupported("session_window in grouping sets", "write each grouping on its own", call, scope)
    aliases = {e.alias.lower(): e.this for e in select.expressions if isinstance(e, exp.Alias)}
    keys = []
    for node in group.expressions:
        aliased = aliases.get(node.name.lower()) if isinstance(node, exp.Column) and not node.table else None
        if isinstance(node, exp.Literal):
            raise _unsupported(f"GROUP BY {node} beside session_window", "write the expression", call, scope)
        if node == call or aliased == call:
            continue
        if aliased is not None and aliased != node:
            raise _unsupported(
                f"GROUP BY the alias '{node.name}' beside session_window", "write the expression", call, scope
            )
        keys.append(node)
    return keys


def _unsupported(what: str, hint: str, call: Node, scope: Scope) -> UnsupportedError:
    return UnsupportedError(f"{what} is not supported", location=place(call, scope), hint=hint)


def _rows(source: Node, call: Node, keys: list[Node], where: Node | None) -> Node:
    """The rows with the beginning and the end that each alone has; those without a time or a gap are left out."""
    moment, gap = call.expressions
    begin = exp.Anonymous(this="session begin", expressions=[copied(moment)])
    items = [
        exp.Star(),
        _alias(begin, "ingot_begin"),
        _alias(exp.Add(this=copied(begin), expression=_interval(gap)), "ingot_end"),
    ]
    items += [_alias(copied(key), f"ingot_key{i}") for i, key in enumerate(keys)]
    rows = exp.Select(expressions=items, from_=exp.From(this=source), where=where)
    ends = exp.GT(this=exp.Column(this=identifier("ingot_end")), expression=exp.Column(this=identifier("ingot_begin")))
    return exp.Select(
        expressions=[exp.Star()], from_=exp.From(this=exp.Subquery(this=rows)), where=exp.Where(this=ends)
    )


def _interval(gap: Node) -> Node:
    """A text as an interval, also in the branches of a CASE."""
    if isinstance(gap, exp.Case):
        changed = copied(gap)
        for branch in changed.args["ifs"]:
            branch.set("true", _interval(branch.args["true"]))
        if changed.args.get("default") is not None:
            changed.set("default", _interval(changed.args["default"]))
        return changed
    return exp.Cast(this=copied(gap), to=exp.DataType(this=exp.DType.INTERVAL))


def _alias(node: Node, name: str) -> Node:
    return exp.Alias(this=node, alias=identifier(name))

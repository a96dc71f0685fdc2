"""Functions that choose between values, and those about the session."""

from __future__ import annotations

from sqlglot import exp

from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.types import quote_text


def _if(call: Call) -> str:
    return f"CASE WHEN {call.sql[0]} THEN {call.sql[1]} ELSE {call.sql[2]} END"


def _nullif(call: Call) -> str:
    if len(call) == 2:
        return f"nullif({call.sql[0]}, {call.sql[1]})"
    value, compared, other = call.sql
    return f"CASE WHEN {compared} = {other} THEN NULL ELSE {value} END"


def _raise(call: Call) -> str:
    return _raised(call.sql[0])


def _assert(call: Call) -> str:
    message = call.sql[1] if len(call) > 1 else quote_text("the condition of assert_true is not true")
    return f"CASE WHEN {call.sql[0]} THEN NULL ELSE {_raised(message)} END"


def _raised(message: str) -> str:
    """What raises a message of the query's; behind a word, for a message such as `5` could be cast."""
    return f"CAST('USER_RAISED_EXCEPTION: ' || coalesce({message}, 'null') AS INTEGER)"


def _monotonic(call: Call) -> str:
    """The number of the row, any of which is right that grows; where DuckDB takes no window it is refused."""
    node: exp.Expr = call.node
    while node.parent is not None and not isinstance(node.parent, exp.Select):
        node = node.parent
        if isinstance(node, (exp.Window, exp.Lambda)) or node.meta.get("aggregate"):
            break
    if node.arg_key != "expressions" or not isinstance(node.parent, exp.Select):
        raise call.refuse(
            "monotonically_increasing_id can stand only in a select list, outside of windows, groups and lambdas",
            "compute it in a subquery, or with withColumn, and use it outside",
        )
    return "(row_number() OVER () - 1)"


def _typeof(call: Call) -> str:
    """A constant; beside an aggregate it must stay one, for the query to give one row for each group."""
    text = quote_text(call.types[0].ddl)
    is_aggregate = any(n.meta.get("aggregate") for n in call.arguments[0].walk())
    return f"CASE WHEN count(*) >= 0 THEN {text} END" if is_aggregate else text


def _uuid(call: Call) -> str:
    return "CAST(uuid() AS VARCHAR)"


def _user(call: Call) -> str:
    """The user of the operating system, as for Spark outside of a cluster."""
    import getpass

    return quote_text(getpass.getuser())


def _session(call: Call) -> str:
    raise call.refuse(f"{call.name} has no meaning outside of a Spark session")


LOWERINGS: dict[str, Lowering] = {
    "coalesce": "coalesce({all})",
    "if": _if,
    "ifnull": "coalesce({0}, {1})",
    "nvl2": "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END",
    "nullif": _nullif,
    "isnull": "({0} IS NULL)",
    "isnotnull": "({0} IS NOT NULL)",
    "assert_true": _assert,
    "raise_error": _raise,
    "typeof": _typeof,
    "uuid": _uuid,
    "monotonically_increasing_id": _monotonic,
    "spark_partition_id": _session,
    "current_user": _user,
    "current_catalog": _session,
    "current_database": _session,
    "version": _session,
}

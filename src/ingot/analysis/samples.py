"""TABLESAMPLE: some of the rows of one item of FROM.

Which rows a random sample has is another question in every engine, so only samples are taken that promise no certain
ones: a share without a seed, and a number of rows, which in Spark is a LIMIT.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.nodes import Node
from ingot.analysis.outputs import as_relation, selection
from ingot.analysis.scopes import Output, Relation, Scope, place
from ingot.analysis.streaming import mark
from ingot.analysis.typed import StreamOperator, set_type
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import BOOLEAN, DOUBLE, INT


def sampled(sample: Node, item: Node, relation: Relation, scope: Scope) -> tuple[Node, Relation]:
    """The item with only some of its rows; its names stay what they are.

    Raises:
        UnsupportedError: `unsupported-sample`, for a seed and for buckets.
    """
    if sample.args.get("seed") is not None or sample.args.get("bucket_numerator") is not None:
        what = "a TABLESAMPLE with REPEATABLE" if sample.args.get("seed") is not None else "a TABLESAMPLE of buckets"
        raise UnsupportedError(
            f"{what} is not supported: which rows Spark takes cannot be told",
            location=place(item, scope),
            hint="take rows by a hash of a key: WHERE pmod(crc32(CAST(id AS STRING)), 100) < 10",
            code="unsupported-sample",
        )
    tree = selection(item, relation.columns)
    rows, percent = sample.args.get("size"), sample.args.get("percent")
    if rows is not None:
        tree.set("limit", exp.Limit(expression=_number(rows, item, scope, INT)))
        mark(scope, StreamOperator.LIMIT, place(item, scope))
    else:
        share = _number(percent, item, scope, DOUBLE)
        if not 0 <= float(share.this) <= 100:
            raise AnalysisError(
                f"TABLESAMPLE takes 0 to 100 percent, not {share.this}",
                location=place(item, scope),
                code="invalid-query",
            )
        if float(share.this) < 100:
            tree.set("where", exp.Where(this=_by_chance(share, scope)))
    output = Output(tree, relation.columns, relation.is_streaming)
    node, wrapped = as_relation(output, scope.run, relation.qualifier[-1] if relation.qualifier else "__sample")
    wrapped.qualifier, wrapped.label = relation.qualifier, relation.label
    return node, wrapped


def _number(node: Node, item: Node, scope: Scope, data_type: object) -> Node:
    if not isinstance(node, exp.Literal) or node.is_string:
        raise AnalysisError("TABLESAMPLE takes a number", location=place(item, scope), code="invalid-query")
    return set_type(exp.Literal.number(str(node.this)), data_type)  # type: ignore[arg-type]


def _by_chance(percent: Node, scope: Scope) -> Node:
    scope.run.volatile.add("rand")
    call = set_type(exp.Anonymous(this="rand", expressions=[]), DOUBLE)
    call.meta["volatile"] = True
    hundred = set_type(exp.Literal.number("100"), DOUBLE)
    scaled = set_type(exp.Paren(this=set_type(exp.Mul(this=call, expression=hundred), DOUBLE)), DOUBLE)
    return set_type(exp.LT(this=scaled, expression=percent), BOOLEAN)

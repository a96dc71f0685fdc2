"""`pyspark.sql.Column`: an expression over columns, with Spark's operators.

Owns the methods of a column. Never knows which DataFrame it will be used with.
"""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from sqlglot import exp

from ingot.definitions.names import split_name
from ingot.definitions.spark import nodes
from ingot.definitions.spark.nodes import call, located
from ingot.definitions.spark.place import here
from ingot.definitions.spark.types import to_type
from ingot.definitions.spark.user_calls import windowed
from ingot.errors import DefinitionError, UnsupportedError, near_hint
from ingot.quoting import quoted_name

_COMPOUND = (exp.Binary, exp.Not, exp.Neg, exp.BitwiseNot, exp.Between, exp.In, exp.Ordered)
_PLAIN_BINARY = (exp.Dot, exp.JSONExtract)


class _Rows(Protocol):
    """A `WindowSpec`, which is made of columns: the rows that a window function looks at."""

    def over(self, node: exp.Expr) -> exp.Window: ...


def operand(node: exp.Expr) -> exp.Expr:
    """The node as part of a larger expression: in parentheses where text would otherwise be read differently."""
    node = unnamed(node)
    if isinstance(node, _COMPOUND) and not isinstance(node, _PLAIN_BINARY):
        return exp.Paren(this=node)
    return node


def unnamed(node: exp.Expr) -> exp.Expr:
    """The expression without its alias."""
    while isinstance(node, exp.Alias | exp.Aliases):
        node = node.this
    return node


def node_of(value: Any) -> exp.Expr:
    """A column's node; anything else as a literal."""
    return value._node if isinstance(value, Column) else nodes.literal(value, here())


def named(value: Any) -> exp.Expr:
    """A column's node, or that of the column of that name."""
    if isinstance(value, Column):
        return value._node
    if isinstance(value, str):
        return nodes.column(value, here())
    return nodes.literal(value, here())


def _binary(kind: type[exp.Expr], reverse: bool = False) -> Any:
    def operator(self: Column, other: Any) -> Column:
        left, right = operand(self._node), operand(node_of(other))
        if reverse:
            left, right = right, left
        return Column(located(kind(this=left, expression=right), here()))

    return operator


class Column:
    """An expression. Its methods give new columns; nothing is evaluated."""

    __slots__ = ("_node",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: exp.Expr):
        self._node = node

    __add__ = _binary(exp.Add)
    __radd__ = _binary(exp.Add, reverse=True)
    __sub__ = _binary(exp.Sub)
    __rsub__ = _binary(exp.Sub, reverse=True)
    __mul__ = _binary(exp.Mul)
    __rmul__ = _binary(exp.Mul, reverse=True)
    __truediv__ = _binary(exp.Div)
    __rtruediv__ = _binary(exp.Div, reverse=True)
    __mod__ = _binary(exp.Mod)
    __rmod__ = _binary(exp.Mod, reverse=True)
    __lt__ = _binary(exp.LT)
    __le__ = _binary(exp.LTE)
    __gt__ = _binary(exp.GT)
    __ge__ = _binary(exp.GTE)
    __and__ = _binary(exp.And)
    __rand__ = _binary(exp.And, reverse=True)
    __or__ = _binary(exp.Or)
    __ror__ = _binary(exp.Or, reverse=True)
    __eq__ = _binary(exp.EQ)  # type: ignore[assignment]
    __ne__ = _binary(exp.NEQ)  # type: ignore[assignment]
    eqNullSafe = _binary(exp.NullSafeEQ)
    bitwiseAND = _binary(exp.BitwiseAnd)
    bitwiseOR = _binary(exp.BitwiseOr)
    bitwiseXOR = _binary(exp.BitwiseXor)
    rlike = _binary(exp.RegexpLike)

    def __pow__(self, other: Any) -> Column:
        return Column(call("power", unnamed(self._node), unnamed(node_of(other))))

    def __rpow__(self, other: Any) -> Column:
        return Column(call("power", unnamed(node_of(other)), unnamed(self._node)))

    def __neg__(self) -> Column:
        from ingot.analysis.naming import shown

        node = located(exp.Neg(this=operand(self._node)), here())
        node.meta["shown"] = f"negative({shown(unnamed(self._node), None)})"
        return Column(node)

    def __invert__(self) -> Column:
        return Column(located(exp.Not(this=operand(self._node)), here()))

    def __bool__(self) -> NoReturn:
        raise DefinitionError(
            "a column cannot be used as a truth value",
            location=here(),
            hint="write & for and, | for or, ~ for not, with parentheses around comparisons",
            code="column-as-boolean",
        )

    def __iter__(self) -> NoReturn:
        raise DefinitionError("a column cannot be iterated over", location=here(), hint="use F.explode")

    def __contains__(self, item: object) -> NoReturn:
        raise DefinitionError("`in` does not work on a column", location=here(), hint="use .contains(…) or .isin(…)")

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        node = self._node
        name = node.expression.name if isinstance(node, exp.Dot) else node.name
        methods = [m for m in dir(type(self)) if not m.startswith("_")]
        raise DefinitionError(
            f"a column has no method {name!r}",
            location=here(),
            hint=near_hint(name, methods),
            code="unknown-method",
        )

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.getField(name)

    def __getitem__(self, key: Any) -> Column:
        if isinstance(key, slice):
            if key.step is not None:
                raise DefinitionError(
                    "a slice of a column takes no step",
                    location=here(),
                    hint="col[1:3] is the text from place 1, 3 characters long",
                )
            return self.substr(key.start, key.stop)
        if isinstance(key, str):
            return self.getItem(key)
        return Column(located(exp.Bracket(this=operand(self._node), expressions=[unnamed(node_of(key))]), here()))

    def __repr__(self) -> str:
        return f"Column<'{self._node.sql('databricks')}'>"

    # --- names and types ---

    def alias(self, *names: str, metadata: dict[str, Any] | None = None) -> Column:
        place = here()
        if len(names) == 1:
            return Column(exp.Alias(this=unnamed(self._node), alias=nodes.identifier(names[0], place)))
        aliases = [nodes.identifier(name, place) for name in names]
        return Column(exp.Aliases(this=unnamed(self._node), expressions=aliases))

    name = alias

    def cast(self, dataType: Any) -> Column:
        return Column(located(nodes.cast(operand(self._node), to_type(dataType)), here()))

    astype = cast

    def try_cast(self, dataType: Any) -> Column:
        return Column(located(nodes.cast(operand(self._node), to_type(dataType), exp.TryCast), here()))

    # --- conditions ---

    def isNull(self) -> Column:
        return Column(located(exp.Is(this=operand(self._node), expression=exp.Null()), here()))

    def isNotNull(self) -> Column:
        return Column(located(exp.Not(this=exp.Is(this=operand(self._node), expression=exp.Null())), here()))

    def isNaN(self) -> Column:
        return Column(call("isnan", unnamed(self._node)))

    def isin(self, *values: Any) -> Column:
        listed = values[0] if len(values) == 1 and isinstance(values[0], list | tuple | set | frozenset) else values
        options = [unnamed(node_of(v)) for v in listed]
        if not options:
            return Column(located(exp.Boolean(this=False), here()))
        return Column(located(exp.In(this=operand(self._node), expressions=options), here()))

    def between(self, lowerBound: Any, upperBound: Any) -> Column:
        low, high = operand(node_of(lowerBound)), operand(node_of(upperBound))
        return Column(located(exp.Between(this=operand(self._node), low=low, high=high), here()))

    def like(self, other: Any) -> Column:
        return Column(located(exp.Like(this=operand(self._node), expression=operand(node_of(other))), here()))

    def ilike(self, other: Any) -> Column:
        return Column(located(exp.ILike(this=operand(self._node), expression=operand(node_of(other))), here()))

    def contains(self, other: Any) -> Column:
        return Column(call("contains", unnamed(self._node), unnamed(node_of(other))))

    def startswith(self, other: Any) -> Column:
        return Column(call("startswith", unnamed(self._node), unnamed(node_of(other))))

    def endswith(self, other: Any) -> Column:
        return Column(call("endswith", unnamed(self._node), unnamed(node_of(other))))

    def when(self, condition: Any, value: Any) -> Column:
        case = self._case()
        branch = exp.If(this=unnamed(node_of(condition)), true=unnamed(node_of(value)))
        return Column(located(exp.Case(ifs=[*case.args["ifs"], branch]), here()))

    def otherwise(self, value: Any) -> Column:
        case = self._case()
        return Column(located(exp.Case(ifs=list(case.args["ifs"]), default=unnamed(node_of(value))), here()))

    def _case(self) -> exp.Case:
        node = self._node
        if not isinstance(node, exp.Case) or node.args.get("default") is not None:
            raise DefinitionError(
                "when() and otherwise() follow F.when(…), and otherwise() comes once, at the end",
                location=here(),
                hint="F.when(a, 1).when(b, 2).otherwise(3)",
            )
        return node

    # --- parts ---

    def substr(self, startPos: Any, length: Any) -> Column:
        return Column(call("substring", *(unnamed(node_of(v)) for v in (self, startPos, length))))

    def getItem(self, key: Any) -> Column:
        if isinstance(key, str):  # a map's key or a struct's field: the tree's Bracket stands for both
            return Column(located(exp.Bracket(this=operand(self._node), expressions=[nodes.literal(key)]), here()))
        return self[key]

    def getField(self, name: Any) -> Column:
        if isinstance(name, Column):
            return self[name]
        if isinstance(name, int):
            return self[name]
        place = here()
        return Column(located(exp.Dot(this=operand(self._node), expression=nodes.identifier(name, place)), place))

    def withField(self, fieldName: str, col: Column) -> Column:
        if not isinstance(col, Column):
            raise DefinitionError(
                f"field '{fieldName}' is set to {col!r}, which is not a column",
                location=here(),
                hint="wrap a value in F.lit(…)",
                code="wrong-arguments",
            )
        first, *rest = split_name(fieldName, here())
        value = self.getField(first).withField(".".join(map(quoted_name, rest)), col) if rest else col
        return Column(_edited(self._node, first, unnamed(value._node)))

    def dropFields(self, *fieldNames: str) -> Column:
        result = self
        for name in fieldNames:
            first, *rest = split_name(name, here())
            inner = result.getField(first).dropFields(".".join(map(quoted_name, rest))) if rest else None
            result = Column(_edited(result._node, first, None if inner is None else inner._node))
        return result

    def transform(self, f: Any) -> Column:
        return f(self)

    # --- order and windows ---

    def _ordered(self, desc: bool, nulls_first: bool) -> Column:
        return Column(located(exp.Ordered(this=unnamed(self._node), desc=desc, nulls_first=nulls_first), here()))

    def asc(self) -> Column:
        return self._ordered(False, True)

    asc_nulls_first = asc

    def asc_nulls_last(self) -> Column:
        return self._ordered(False, False)

    def desc(self) -> Column:
        return self._ordered(True, False)

    desc_nulls_last = desc

    def desc_nulls_first(self) -> Column:
        return self._ordered(True, True)

    def over(self, window: _Rows) -> Column:
        return Column(located(windowed(unnamed(self._node), window.over), here()))

    def outer(self) -> Column:
        return _refuse_method("outer", "write the subquery in spark.sql(…)")


def _edited(struct: exp.Expr, name: str, value: exp.Expr | None) -> exp.Expr:
    """The struct with a field set, or dropped; which fields it has is known when the query is typed."""
    from ingot.analysis.naming import shown
    from ingot.analysis.typewise import TYPEWISE, FieldEdit

    arguments = [unnamed(struct), *([] if value is None else [value])]
    node = call("update_fields", *arguments)
    node.meta[TYPEWISE] = FieldEdit(name)
    edit = "dropfield()" if value is None else f"WithField({shown(value, None)})"
    node.meta["shown"] = f"update_fields({shown(arguments[0], None)}, {edit})"
    return node


def _refuse_method(name: str, hint: str) -> NoReturn:
    raise UnsupportedError(f"Column.{name} is not supported", location=here(), hint=hint, code="unsupported-method")

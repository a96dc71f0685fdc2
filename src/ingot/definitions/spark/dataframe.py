"""`pyspark.sql.DataFrame`: a query under construction, by Spark's methods.

Owns what each method means as SQL. Never evaluates anything; the few methods that need rows ask the session, which
refuses while definitions are being loaded.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.spark import joining, nodes, refused
from ingot.definitions.spark.asking import Asking
from ingot.definitions.spark.column import Column, named, unnamed
from ingot.definitions.spark.place import here
from ingot.definitions.spark.projection import (
    aliased,
    dropped,
    filtered,
    projected,
    renamed,
    sorted_by,
    unpivoted,
    with_columns,
)
from ingot.definitions.spark.selection import FRAME, SELECTION, Combined, Relation, Selection
from ingot.definitions.spark.texts import parsed
from ingot.definitions.spark.trees import TreeBuilder
from ingot.definitions.spark.types import StructType, from_ingot
from ingot.definitions.spark.window import ordered
from ingot.errors import DefinitionError, near_hint
from ingot.model import Query
from ingot.quoting import quoted_name

if TYPE_CHECKING:
    from ingot.definitions.spark.grouping import GroupedData
    from ingot.definitions.spark.missing import DataFrameNaFunctions
    from ingot.definitions.spark.session import SparkSession
    from ingot.definitions.spark.statistics import DataFrameStatFunctions

_numbers = itertools.count(1)


class DataFrame(Asking):
    """A query; its methods give new ones."""

    def __init__(self, selection: Selection, session: SparkSession):
        self._frame = next(_numbers)
        self._selection = replace(selection, frames={**selection.frames, self._frame: frozenset()})
        self._session = session
        self._place = here()

    def _next(self, selection: Selection) -> DataFrame:
        return DataFrame(selection, self._session)

    def to_query(self) -> Query:
        """The query as a tree of its own, with everything that it reads and calls."""
        return TreeBuilder(self._session.functions).query(self._selection, self._place)

    # --- columns ---

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, Column):
            return self.filter(key)
        if isinstance(key, list | tuple):
            return self.select(*key)
        if isinstance(key, int):
            return self._column(self.columns[key])
        raise DefinitionError(f"a DataFrame has no column {key!r}", location=here(), hint='df["name"]')

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in refused.REFUSED["DataFrame"]:
            refused.refuse("DataFrame", name, self)
        known = self._selection.names()
        if known is not None and name.lower() not in (k.lower() for k in known):
            raise refused.NoSuchMember(
                f"the DataFrame has no column or method {name!r}",
                location=here(),
                hint=near_hint(name, [*known, *refused.methods(self)], f"it has {', '.join(known)}"),
                code="unknown-column",
            )
        return self._column(name)

    def _column(self, text: str) -> Column:
        node = nodes.column(text, here())
        if isinstance(node, exp.Column):
            node.meta[FRAME] = self._frame
        return Column(node)

    def colRegex(self, colName: str) -> list[Column]:
        """The columns whose names a pattern in backticks matches; text without backticks is one column."""
        quoted = re.fullmatch(r"`(.*)`", colName, re.DOTALL)
        if quoted is None:
            return [self._column(colName)]
        return [
            self._column(quoted_name(name)) for name in self.columns if re.fullmatch(quoted[1], name, re.IGNORECASE)
        ]

    @property
    def columns(self) -> list[str]:
        known = self._selection.names()
        return known if known is not None else self.schema.names

    @property
    def schema(self) -> StructType:
        schema = from_ingot(self._session.schema_of(self.to_query()))
        assert isinstance(schema, StructType)
        return schema

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        return [(field.name, field.dataType.simpleString()) for field in self.schema]

    def printSchema(self, level: int | None = None) -> None:
        print(self.schema.treeString(level))

    @property
    def sparkSession(self) -> SparkSession:
        return self._session

    @property
    def isStreaming(self) -> bool:
        return any(getattr(read, "is_streaming", False) for read in self.to_query().reads.values())

    # --- projection ---

    def select(self, *cols: Any) -> DataFrame:
        items = [named(c) for c in _flat(cols)] or [exp.Star()]
        return self._next(projected(self._selection, items))

    def selectExpr(self, *expr: Any) -> DataFrame:
        place = here()
        items = [parsed(text, place) if text.strip() != "*" else exp.Star() for text in _flat(expr)]
        return self._next(projected(self._selection, items))

    def withColumn(self, colName: str, col: Column) -> DataFrame:
        return self.withColumns({colName: col})

    def withColumns(self, *colsMap: dict[str, Column]) -> DataFrame:
        columns = {name: column for mapping in colsMap for name, column in mapping.items()}
        for name, column in columns.items():
            if not isinstance(column, Column):
                raise DefinitionError(
                    f"column {name!r} is set to {column!r}, which is not a column",
                    location=here(),
                    hint="wrap a value in F.lit(…)",
                    code="wrong-arguments",
                )
        return self._next(with_columns(self._selection, {n: unnamed(c._node) for n, c in columns.items()}))

    def withColumnRenamed(self, existing: str, new: str) -> DataFrame:
        return self.withColumnsRenamed({existing: new})

    def withColumnsRenamed(self, colsMap: dict[str, str]) -> DataFrame:
        return self._next(renamed(self._selection, colsMap))

    def withMetadata(self, columnName: str, metadata: dict[str, Any]) -> DataFrame:
        return self._next(self._selection)

    def drop(self, *cols: Any) -> DataFrame:
        columns = [n for n in (_literal_name(c) for c in cols) if isinstance(n, exp.Column)]
        return self._next(dropped(self._selection, columns))

    def toDF(self, *cols: str) -> DataFrame:
        old = self.columns
        if len(old) != len(cols):
            raise DefinitionError(
                f"toDF got {len(cols)} names for {len(old)} columns",
                location=here(),
                hint='give each column a name, or rename some: withColumnsRenamed({"old": "new"})',
                code="wrong-arguments",
            )
        items = [aliased(self._column(quoted_name(o))._node, n) for o, n in zip(old, cols, strict=True)]
        return self._next(projected(self._selection, items))

    def alias(self, alias: str) -> DataFrame:
        selection = self._selection
        if len(selection.relations) > 1 or selection.items is not None or selection.edits or selection.is_cut:
            selection = Selection((Relation(selection, frames=selection.frames),), frames=selection.frames)
        first = next(iter(selection.relations))
        frames = {**first.frames, **selection.frames}
        relation = replace(first, qualifiers=frozenset({alias.lower()}), frames=frames)
        return self._next(replace(selection, relations=(relation,)))

    def transform(self, func: Callable[..., DataFrame], *args: Any, **kwargs: Any) -> DataFrame:
        result = func(self, *args, **kwargs)
        if not isinstance(result, DataFrame):
            raise DefinitionError(
                f"transform: the function returned {result!r}, not a DataFrame",
                location=here(),
                hint="return the DataFrame that it makes",
            )
        return result

    def to(self, schema: Any) -> DataFrame:
        fields = schema.fields
        items = [
            aliased(nodes.cast(self._column(quoted_name(f.name))._node, f.dataType.to_ingot()), f.name) for f in fields
        ]
        return self._next(projected(self._selection, items))

    # --- rows ---

    def filter(self, condition: Any) -> DataFrame:
        if isinstance(condition, str):
            node = parsed(condition, here())
        elif isinstance(condition, Column):
            node = condition._node
        else:
            raise DefinitionError(
                f"filter takes a column or SQL text, not {condition!r}",
                location=here(),
                hint='F.col("amount") > 0, or "amount > 0"',
                code="wrong-arguments",
            )
        return self._next(filtered(self._selection, unnamed(node)))

    where = filter

    def orderBy(self, *cols: Any, ascending: Any = True) -> DataFrame:
        keys = [ordered(c) for c in _flat(cols)]
        if ascending is not True:
            directions = ascending if isinstance(ascending, list | tuple) else [ascending] * len(keys)
            keys = [k if up else _descending(k) for k, up in zip(keys, directions, strict=True)]
        return self._next(sorted_by(self._selection, keys))

    sort = orderBy

    def limit(self, num: int) -> DataFrame:
        selection = self._selection if self._selection.limit is None else self._selection.closed()
        return self._next(replace(selection, limit=_count(num)))

    def offset(self, num: int) -> DataFrame:
        selection = self._selection
        if selection.limit is not None or selection.offset is not None:
            selection = selection.closed()
        return self._next(replace(selection, offset=_count(num)))

    def distinct(self) -> DataFrame:
        selection = self._selection
        if selection.is_distinct or selection.order or selection.limit is not None or selection.offset is not None:
            selection = selection.closed()
        return self._next(replace(selection, is_distinct=True))

    def dropDuplicates(self, subset: list[str] | None = None, *more: str) -> DataFrame:
        if subset is None:
            return self.distinct()
        names = [subset, *more] if isinstance(subset, str) else list(subset)
        if not names:
            return self.limit(1)
        selection = self._selection.closed()
        keys = [selection.bound(named(n)) for n in names]
        return self._next(replace(selection, distinct_on=tuple(keys)))

    drop_duplicates = dropDuplicates

    def sample(self, withReplacement: Any = None, fraction: Any = None, seed: int | None = None) -> DataFrame:
        """Some of the rows, others each time; which ones a seed gives is Spark's alone."""
        if isinstance(withReplacement, float) or (fraction is None and not isinstance(withReplacement, bool)):
            withReplacement, fraction, seed = None, withReplacement, fraction if seed is None else seed
        if withReplacement or seed is not None:
            what = "with replacement" if withReplacement else "with a seed"
            raise refused.unsupported("DataFrame", f"sample {what}", "filter by a hash of a key")
        if not isinstance(fraction, int | float) or not 0 <= fraction <= 1:
            raise DefinitionError(
                f"a fraction between 0 and 1 is expected, not {fraction!r}", location=here(), code="wrong-arguments"
            )
        condition = exp.LT(this=nodes.call("rand"), expression=nodes.literal(float(fraction)))
        return self.filter(Column(condition))

    # --- combination ---

    def join(self, other: DataFrame, on: Any = None, how: str | None = None) -> DataFrame:
        return self._next(joining.joined(self._selection, other._selection, on, how))

    def crossJoin(self, other: DataFrame) -> DataFrame:
        return self._next(joining.joined(self._selection, other._selection, None, "cross"))

    def union(self, other: DataFrame) -> DataFrame:
        return self._combined(exp.Union, other)

    unionAll = union

    def unionByName(self, other: DataFrame, allowMissingColumns: bool = False) -> DataFrame:
        return self._combined(exp.Union, other, by_name=True, is_lenient=allowMissingColumns)

    def intersect(self, other: DataFrame) -> DataFrame:
        return self._combined(exp.Intersect, other, is_distinct=True)

    def intersectAll(self, other: DataFrame) -> DataFrame:
        return self._combined(exp.Intersect, other)

    def subtract(self, other: DataFrame) -> DataFrame:
        return self._combined(exp.Except, other, is_distinct=True)

    def exceptAll(self, other: DataFrame) -> DataFrame:
        return self._combined(exp.Except, other)

    def _combined(self, kind: type[exp.SetOperation], other: Any, **options: bool) -> DataFrame:
        if not isinstance(other, DataFrame):
            raise DefinitionError(f"expected a DataFrame, not {other!r}", location=here(), code="wrong-arguments")
        origin = Combined(kind, self._selection, other._selection, **options)
        frames = self._selection.frames
        return self._next(Selection((Relation(origin, frames=frames),), frames=frames))

    # --- groups ---

    def groupBy(self, *cols: Any) -> GroupedData:
        return self._grouped("", cols)

    groupby = groupBy

    def rollup(self, *cols: Any) -> GroupedData:
        return self._grouped("rollup", cols)

    def cube(self, *cols: Any) -> GroupedData:
        return self._grouped("cube", cols)

    def groupingSets(self, groupingSets: Any, *cols: Any) -> GroupedData:
        sets = tuple(tuple(named(c) for c in group) for group in groupingSets)
        return self._grouped("sets", cols, sets)

    def _grouped(self, kind: str, cols: tuple[Any, ...], sets: Any = ()) -> GroupedData:
        from ingot.definitions.spark.grouping import GroupedData

        keys = [nodes.column(self.columns[c - 1]) if isinstance(c, int) else named(c) for c in _flat(cols)]
        return GroupedData(self, kind, tuple(keys), sets=sets)

    def agg(self, *exprs: Any) -> DataFrame:
        return self.groupBy().agg(*exprs)

    def unpivot(self, ids: Any, values: Any, variableColumnName: str, valueColumnName: str) -> DataFrame:
        keys = [named(c) for c in ([ids] if isinstance(ids, str | Column) else list(ids))]
        if values is None:
            names = {k.alias_or_name.lower() for k in keys}
            values = [quoted_name(name) for name in self.columns if name.lower() not in names]
        chosen = [named(c) for c in ([values] if isinstance(values, str | Column) else list(values))]
        return self._next(unpivoted(self._selection, keys, chosen, variableColumnName, valueColumnName))

    melt = unpivot

    # --- functions of the user ---

    def mapInPandas(
        self, func: Callable[..., Any], schema: Any, barrier: bool = False, profile: Any = None
    ) -> DataFrame:
        return self._mapped(func, schema, "pandas")

    def mapInArrow(
        self, func: Callable[..., Any], schema: Any, barrier: bool = False, profile: Any = None
    ) -> DataFrame:
        return self._mapped(func, schema, "arrow")

    def _mapped(self, function: Callable[..., Any], schema: Any, takes: str) -> DataFrame:
        from ingot.definitions.spark.mapping import map_batches

        return self._next(map_batches(self._selection, function, schema, takes))

    # --- summaries ---

    @property
    def stat(self) -> DataFrameStatFunctions:
        from ingot.definitions.spark.statistics import DataFrameStatFunctions

        return DataFrameStatFunctions(self)

    def corr(self, col1: str, col2: str, method: str | None = None) -> float:
        return self.stat.corr(col1, col2, method)

    def cov(self, col1: str, col2: str) -> float:
        return self.stat.cov(col1, col2)

    def approxQuantile(self, col: Any, probabilities: Any, relativeError: float) -> Any:
        return self.stat.approxQuantile(col, probabilities, relativeError)

    def crosstab(self, col1: str, col2: str) -> DataFrame:
        return self.stat.crosstab(col1, col2)

    def describe(self, *cols: Any) -> DataFrame:
        from ingot.definitions.spark.statistics import described

        return described(self, _flat(cols))

    def summary(self, *statistics: str) -> DataFrame:
        from ingot.definitions.spark.statistics import summary

        return summary(self, tuple(_flat(statistics)))

    def toJSON(self) -> DataFrame:
        """Each row as JSON text, in the column `value`."""
        text = nodes.call("to_json", nodes.call("struct", exp.Star()))
        return self.select(Column(aliased(text, "value")))

    # --- as part of an expression ---

    def scalar(self) -> Column:
        """The value of the query's one column and row."""
        return self._inside(exp.Subquery(this=exp.Select()))

    def exists(self) -> Column:
        """Whether the query gives any row."""
        return self._inside(exp.Exists(this=exp.Select()))

    def _inside(self, node: exp.Expr) -> Column:
        node.meta[SELECTION] = self._selection
        return Column(nodes.located(node, here()))

    # --- missing values ---

    @property
    def na(self) -> DataFrameNaFunctions:
        from ingot.definitions.spark.missing import DataFrameNaFunctions

        return DataFrameNaFunctions(self)

    def fillna(self, value: Any, subset: Any = None) -> DataFrame:
        return self.na.fill(value, subset)

    def dropna(self, how: str = "any", thresh: int | None = None, subset: Any = None) -> DataFrame:
        return self.na.drop(how, thresh, subset)

    def replace(self, to_replace: Any, value: Any = None, subset: Any = None) -> DataFrame:
        return self.na.replace(to_replace, value, subset)

    def createOrReplaceTempView(self, name: str) -> None:
        """Give the query a name for spark.table and spark.sql."""
        self._session.views[name.lower()] = self._selection

    createTempView = registerTempTable = createOrReplaceTempView

    # --- what only concerns execution, which is the engine's ---

    def cache(self) -> DataFrame:
        return self

    persist = unpersist = cache

    def _same(self, *args: Any, **kwargs: Any) -> DataFrame:
        return self

    repartition = repartitionByRange = coalesce = hint = _same  # type: ignore[assignment]

    @property
    def storageLevel(self) -> None:
        """Nothing is kept in memory from one query to the next."""

    def sortWithinPartitions(self, *cols: Any, **options: Any) -> DataFrame:
        return self.orderBy(*cols, **options)

    def withWatermark(self, eventTime: str, delayThreshold: str) -> DataFrame:
        """Accepted: without aggregation of a stream, which is refused when typed, a watermark has no effect."""
        return self

    def explain(self, *args: Any, **kwargs: Any) -> None:
        print(self.to_query().tree.sql("databricks", pretty=True))

    def __repr__(self) -> str:
        known = self._selection.names()
        return f"DataFrame[{', '.join(known) if known is not None else '…'}]"


# --- arguments ----------------------------------------------------------------------------------------------------


def _flat(cols: tuple[Any, ...]) -> list[Any]:
    """The arguments one by one; lists among them (`df.colRegex(…)`) are opened."""
    return [c for given in cols for c in (given if isinstance(given, list | tuple | set) else (given,))]


def _descending(key: exp.Ordered) -> exp.Ordered:
    return exp.Ordered(this=key.this, desc=True, nulls_first=False)


def _literal_name(value: Any) -> exp.Expr:
    """A column; text is a whole name, dots included."""
    return exp.Column(this=nodes.identifier(value, here())) if isinstance(value, str) else named(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DefinitionError(f"a number of rows is expected, not {value!r}", location=here(), code="wrong-arguments")
    return value

"""Spark's side: one session, asked in batches; answers as plain values.

Needs PySpark and Java. Dates and timestamps come as Spark holds them, days and microseconds, for Python has no date
before the year 1 or after 9999.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from differential.answers import Answer
from differential.tables import Table
from ingot.analysis import Settings
from ingot.errors import AnalysisError
from ingot.types import from_json
from spark_sessions import spark_session

_SETTINGS = {
    "spark.sql.shuffle.partitions": "1",
    # tables of a pipeline are files: what is in memory would be computed before NULLs and constants are folded
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    "spark.sql.adaptive.enabled": "false",  # small plans are made sooner
    # what stands beside an expression in a query decides nothing: shared parts would be computed before a try_…
    "spark.sql.subexpressionElimination.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",  # and no query is asked twice, so that compiling it is a waste
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.maxPlanStringLength": "0",
}
_ITEMS_MAX = 15
_SECONDS_MAX = 20.0


class Spark:
    """One local session. Its tables are small ones in memory, planned as if they were files."""

    def __init__(self) -> None:
        self._opened = ExitStack()
        self.session = self._opened.enter_context(spark_session(_SETTINGS))
        self._opened.callback(_keep_numbers())

    def close(self) -> None:
        self._opened.close()

    def use(self, tables: dict[str, Table]) -> None:
        """Let the next queries read these tables."""
        for name, table in tables.items():
            self.session.createDataFrame(table.arrow(), _schema(table)).createOrReplaceTempView(name)

    def set(self, settings: Settings) -> None:
        """Answer the next queries under these settings."""
        self.session.conf.set("spark.sql.ansi.enabled", str(settings.ansi).lower())
        self.session.conf.set("spark.sql.session.timeZone", settings.time_zone)

    def ask(self, sql: str) -> Answer:
        """The answer to one query."""
        answer, _ = self._ask(sql)
        return answer

    def ask_items(self, items: Sequence[str], key: str, tail: str) -> list[Answer]:
        """The answers to many select lists, each of the key and one item, over one relation, in few round trips.

        An item that fails is found by the place that Spark's error names, else by halves.
        """
        answers: dict[int, Answer] = {}
        pending = [list(range(at, min(at + _ITEMS_MAX, len(items)))) for at in range(0, len(items), _ITEMS_MAX)]
        while pending:
            group = pending.pop()
            sql = f"SELECT {key}" + "".join(f",\n{items[i]}" for i in group) + f"\n{tail}"
            answer, position = self._ask(sql)
            if answer.kind == "rows":
                for n, i in enumerate(group):
                    rows = tuple((row[0], row[n + 1]) for row in answer.rows)
                    answers[i] = Answer("rows", (answer.types[0], answer.types[n + 1]), rows, (answer.names[n + 1],))
                continue
            if len(group) == 1:
                answers[group[0]] = answer
                continue
            at = _item_at(sql, position) if position is not None else None
            if at is not None and 0 <= at < len(group):
                answers[group[at]] = answer
                pending.append(group[:at] + group[at + 1 :])
            else:
                pending += [group[: len(group) // 2], group[len(group) // 2 :]]
        return [answers[i] for i in range(len(items))]

    def _ask(self, sql: str) -> tuple[Answer, int | None]:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        is_analyzed, began = False, time.monotonic()
        try:
            frame = self.session.sql(sql)
            types = tuple(_type_text(f.dataType) for f in frame.schema)
            is_analyzed = True
            rows = tuple(tuple(row) for row in _shown(frame).collect())
        except PySparkException as error:
            kind = "raised" if is_analyzed else "rejected"
            message = error.getCondition() or str(error)[:200]
            return Answer(kind, message=message), _position(error)
        except (Py4JError, TypeError, ValueError) as error:
            return Answer("raised", message=str(error)[:300]), None
        if time.monotonic() - began > _SECONDS_MAX:
            print(f"slow in Spark: {sql}", flush=True)
        return Answer("rows", types, rows, tuple(frame.columns)), None


def _shown(frame: Any) -> Any:
    """The frame in forms that Python can hold: maps as arrays of entries, variants and old intervals as texts."""
    from pyspark.sql import types as kinds

    frame = frame.toDF(*[f"c{i}" for i in range(len(frame.columns))])
    items = []
    for field in frame.schema:
        match field.dataType:
            case kinds.MapType():
                items.append(f"map_entries({field.name}) AS {field.name}")
            case kinds.YearMonthIntervalType():
                items.append(f"CAST(CAST({field.name} AS INTERVAL MONTH) AS INT) AS {field.name}")
            case kinds.VariantType() | kinds.CalendarIntervalType():
                items.append(f"CAST({field.name} AS STRING) AS {field.name}")
            case _:
                items.append(field.name)
    return frame if all("(" not in i for i in items) else frame.selectExpr(*items)


def _type_text(data_type: Any) -> str:
    """The type as Ingot's own types are written, which quote names; as Spark says it for types that Ingot has not."""
    try:
        return from_json(data_type.json()).ddl
    except AnalysisError:
        return data_type.simpleString()


def _schema(table: Table) -> Any:
    from pyspark.sql.types import StructType

    return StructType.fromJson(table.schema.json())


def _position(error: Any) -> int | None:
    """Where in the query the error is, if Spark tells."""
    try:
        contexts = error.getQueryContext()
        return contexts[0].startIndex() if contexts else None
    except Exception:  # an error that came from Python has no context at all
        return None


def _item_at(sql: str, position: int) -> int:
    return sql.count("\n", 0, position + 1) - 1


def _keep_numbers() -> Callable[[], None]:
    """Leave days, microseconds and intervals as the numbers that Spark holds; gives what takes that back."""
    from pyspark.sql import types as kinds

    def keep(self: Any, value: Any) -> Any:
        return value

    changed = (
        kinds.DateType,
        kinds.TimestampType,
        kinds.TimestampNTZType,
        kinds.DayTimeIntervalType,
        kinds.YearMonthIntervalType,
    )
    originals = [kind.fromInternal for kind in changed]

    def restore() -> None:
        for kind, original in zip(changed, originals, strict=True):
            kind.fromInternal = original  # type: ignore[method-assign]

    for kind in changed:
        kind.fromInternal = keep  # type: ignore[method-assign]
    return restore

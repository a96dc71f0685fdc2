"""How changes look in files: as Debezium, as Azure SQL's change event streaming, and as plain operation columns."""

from __future__ import annotations

import csv
import datetime
import io
import json
import uuid
from collections.abc import Iterable
from typing import Any

from shop import KEYS, Event

_OPERATIONS = {"read": "r", "insert": "c", "update": "u", "delete": "d"}
_SQL_OPERATIONS = {"read": "INS", "insert": "INS", "update": "UPD", "delete": "DEL"}
_SQL_TYPES = {
    "product_id": "int", "name": "nvarchar(50)", "category": "nvarchar(50)", "color": "nvarchar(15)",
    "standard_cost": "decimal(10,2)", "list_price": "decimal(10,2)",
}  # fmt: skip
_ORDER_COLUMNS = (
    "order_id", "line", "ordered_at", "customer_id", "product_id", "quantity", "unit_price", "status", "shipped_at",
)  # fmt: skip


def debezium(events: Iterable[Event]) -> str:
    """Lines of JSON: the envelope of a connector that is told to leave out the schema."""
    return _lines(_envelope(event) for event in events)


def _envelope(event: Event) -> dict[str, Any]:
    milliseconds = _milliseconds(event.at)
    source = {
        "version": "3.0.0.Final", "connector": "postgresql", "name": "shop", "ts_ms": milliseconds,
        "snapshot": "true" if event.operation == "read" else "false", "db": "shop", "schema": "crm",
        "table": event.table, "txId": 500_000 + event.number, "lsn": 24_000_000 + 8 * event.number,
    }  # fmt: skip
    return {
        "before": event.before, "after": event.after, "source": source, "op": _OPERATIONS[event.operation],
        "ts_ms": milliseconds + 350, "transaction": None,
    }  # fmt: skip


def azure_sql(events: Iterable[Event]) -> str:
    """Lines of JSON: a CloudEvent whose `data` is JSON in a text, with the rows as JSON in texts of that."""
    return _lines(_cloud_event(event) for event in events)


def _cloud_event(event: Event) -> dict[str, Any]:
    log = f"0000002C:{8 * event.number:08X}"  # of fixed width, so that texts order as numbers
    when = event.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.at.microsecond // 1000:03d}Z"
    source = {
        "db": "shop", "schema": "sales", "tbl": event.table,
        "cols": [{"name": name, "type": kind, "index": place} for place, (name, kind) in enumerate(_SQL_TYPES.items())],
        "pkkey": [{"columnname": "product_id", "value": str(event.key[0])}],
        "transaction": {
            "commitlsn": f"{log}:0004", "beginlsn": f"{log}:0001", "sequencenumber": 1, "finalevent": False,
            "committime": when,
        },
    }  # fmt: skip
    rows = {"old": _sql_row(event.before), "current": _sql_row(event.after)}
    stream = uuid.uuid5(uuid.NAMESPACE_DNS, "shop.example.com")
    return {
        "specversion": "1.0", "type": "com.microsoft.SQL.CES.DML.V1", "source": "/",
        "id": str(uuid.uuid5(stream, str(event.number))),
        "logicalid": f"{stream}:{log.replace(':', '')}0004:{1:020d}", "time": when,
        "datacontenttype": "application/json", "operation": _SQL_OPERATIONS[event.operation],
        "segmentindex": 0, "finalsegment": True, "data": json.dumps({"eventsource": source, "eventrow": rows}),
    }  # fmt: skip


def _sql_row(row: dict[str, Any] | None) -> str:
    return json.dumps({name: None if value is None else str(value) for name, value in (row or {}).items()})


def operation_columns(events: Iterable[Event]) -> str:
    """A CSV file: what happened, when, and the values; of an update only those that are new."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("operation", "row_version", *_ORDER_COLUMNS))
    for event in events:
        values = (_plain(_changed(event).get(name)) for name in _ORDER_COLUMNS)
        writer.writerow((event.operation[0].upper(), event.number, *values))
    return text.getvalue()


def _changed(event: Event) -> dict[str, Any]:
    """The columns that an event names: the key, and what is not as it was."""
    before, after = event.before or {}, event.after or {}
    key = dict(zip(KEYS[event.table], event.key, strict=True))
    return {**key, **{name: value for name, value in after.items() if value != before.get(name)}}


def _plain(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _milliseconds(instant: datetime.datetime) -> int:
    return (instant - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)


def _lines(documents: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)

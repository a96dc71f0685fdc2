"""SQL Server without a server: the SQL that is made, what its types land as, and errors by the driver's words.

No engine can be had here. A stand-in of the driver answers catalog queries as the documentation of SQL Server has them.
"""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from ingot.errors import IngotError
from ingot.sources.database.adapter import Column, Table
from ingot.sources.database.address import Address
from ingot.sources.database.mssql import SQLServer, column_of, key_ranges
from ingot.types import DATE, INT, TIMESTAMP, TIMESTAMP_NTZ, DataType
from sources.database.conftest import Lander

PASSWORD = "p}w;d=1"
TABLES = [("SalesLT", "Order Lines", "U ", 11), ("SalesLT", "vCustomers", "V ", 12), ("dbo", "BuildVersion", "U ", 13)]
COLUMNS = {
    11: [
        ("Id]", "int", "int", 10, 0, 0),
        ("Price", "money", "money", 19, 4, 1),
        ("ModifiedDate", "datetime", "datetime", 23, 3, 0),
        ("rowguid", "uniqueidentifier", "uniqueidentifier", 0, 0, 0),
        ("Sent", "datetimeoffset", "datetimeoffset", 34, 7, 1),
    ]
}
COLUMNS[13] = COLUMNS[11]


def server(settings: tuple[tuple[str, str], ...] = (), is_consistent: bool = False) -> SQLServer:
    return SQLServer(Address("mssql", "db", 1433, "sa", "Adventure", settings), PASSWORD, 30, is_consistent)


def test_the_connection_string_quotes_what_it_holds() -> None:
    assert server().connection_string() == (
        "Server={db,1433};Database={Adventure};Encrypt={yes};UID={sa};PWD={p}}w;d=1};"
    )
    given = server((("encrypt", "no"), ("Authentication", "ActiveDirectoryDefault"))).connection_string()
    assert (
        given
        == "Server={db,1433};Database={Adventure};UID={sa};PWD={p}}w;d=1};encrypt={no};Authentication={ActiveDirectoryDefault};"
    )


@pytest.mark.parametrize(
    ("system", "precision", "scale", "landed", "sql"),
    [
        ("bit", 1, 0, "boolean", "[c]"),
        ("tinyint", 3, 0, "smallint", "[c]"),
        ("bigint", 19, 0, "bigint", "[c]"),
        ("decimal", 38, 10, "decimal(38,10)", "[c]"),
        ("numeric", 9, 2, "decimal(9,2)", "[c]"),
        ("money", 19, 4, "decimal(19,4)", "CAST([c] AS decimal(19, 4))"),
        ("smallmoney", 10, 4, "decimal(10,4)", "CAST([c] AS decimal(10, 4))"),
        ("real", 24, 0, "float", "[c]"),
        ("float", 53, 0, "double", "[c]"),
        ("nvarchar", 0, 0, "string", "[c]"),
        ("varbinary", 0, 0, "binary", "[c]"),
        ("timestamp", 0, 0, "binary", "[c]"),
        ("date", 10, 0, "date", "[c]"),
        ("datetime", 23, 3, "timestamp_ntz", "CAST([c] AS datetime2(3))"),
        ("datetime2", 27, 7, "timestamp_ntz", "[c]"),
        ("datetimeoffset", 34, 7, "timestamp", "CAST(SWITCHOFFSET([c], 0) AS datetime2(7))"),
        ("time", 16, 7, "string", "CONVERT(varchar(16), [c], 121)"),
        ("uniqueidentifier", 0, 0, "string", "LOWER(CONVERT(char(36), [c]))"),
        ("xml", 0, 0, "string", "CONVERT(nvarchar(max), [c])"),
        ("sql_variant", 0, 0, None, "[c]"),
    ],
)
def test_types_and_the_sql_that_reads_them(
    system: str, precision: int, scale: int, landed: str | None, sql: str
) -> None:
    column = column_of("[c]", "c", system, system, precision, scale, 1)
    assert (None if column.type is None else str(column.type), column.sql) == (landed, sql)


def test_types_of_net_are_known_by_the_name_that_the_user_sees() -> None:
    assert column_of("[c]", "c", None, "geography", 0, 0, 1).sql == "[c].STAsBinary()"
    assert column_of("[c]", "c", "nvarchar", "Name", 0, 0, 1).sql == "[c]"


@pytest.mark.parametrize(
    ("database_type", "type_", "text", "literal"),
    [
        ("datetime2", TIMESTAMP_NTZ, "2024-01-02 03:04:05.1234567", "CONVERT(datetime2, '2024-01-02 03:04:05.1234567', 121)"),
        ("datetime", TIMESTAMP_NTZ, "2024-01-02 03:04:05.003000", "CONVERT(datetime, '2024-01-02 03:04:05.003', 121)"),
        ("datetimeoffset", TIMESTAMP, "2024-01-02 03:04:05+00:00", "CONVERT(datetimeoffset, '2024-01-02 03:04:05 +00:00', 121)"),
        ("date", DATE, "2024-01-02", "CONVERT(date, '2024-01-02', 121)"),
        ("int", INT, "5", "5"),
    ],
)  # fmt: skip
def test_bounds_have_the_type_of_their_column(database_type: str, type_: DataType, text: str, literal: str) -> None:
    assert server().literal(text, Column("c", type_, database_type, "[c]", "[c]")) == literal


def test_no_sql_gets_through_a_bound() -> None:
    with pytest.raises(ValueError):
        server().literal("1'; DROP TABLE t --", Column("c", TIMESTAMP_NTZ, "datetime2", "[c]", "[c]"))


def test_names_are_quoted() -> None:
    assert server().relation(Table("a]b", "c d")) == "[a]]b].[c d]"


@pytest.mark.parametrize(
    ("low", "high", "parts", "made"),
    [(1, 10, 3, 3), (-5, 5, 4, 4), (1, 2, 10, 2), (7, 1000003, 7, 7), (0, 0, 3, 0), (1, 1000, 1, 0)],
)
def test_ranges_of_a_key_hold_each_key_once(low: int, high: int, parts: int, made: int) -> None:
    ranges = key_ranges("k", low, high, parts)
    assert len(ranges) == made
    for key in {low - 1, low, (low + high) // 2, high, high + 1} if ranges else ():
        held = [r for r in ranges if all(eval(c, {"k": key}) for c in r.split(" AND "))]
        assert len(held) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Driver Error: Invalid authorization specification; DDBC Error: [Microsoft]Login failed for user 'sa'. p}w;d=1", "login-failed"),
        ("[Microsoft][SQL Server]Cannot open database \"X\" requested by the login.", "unknown-database"),
        ("The SELECT permission was denied on the object 'a'", "permission-denied"),
        ("TCP Provider: Communication link failure", "connection-lost"),
        ("Login timeout expired", "connection-failed"),
        ("Invalid column name 'nope'.", "query-failed"),
    ],
)  # fmt: skip
def test_errors_are_told_by_their_words_without_the_password(text: str, code: str) -> None:
    error = server().fault(text)
    assert (error.code, PASSWORD in error.message) == (code, False)


# --- with a stand-in of the driver ---


SAID: dict[str, list[tuple]] = {}  # what a test has the stand-in answer to SQL that holds these words


class Cursor:
    def __init__(self, asked: list[str]):
        self.asked = asked
        self.rows: list[tuple] = []
        self.batch: pa.RecordBatch | None = None

    def execute(self, sql: str) -> None:
        self.asked.append(sql)
        said = next((rows for words, rows in SAID.items() if words in sql), None)
        if said is not None:
            self.rows = said
        elif "FROM sys.objects" in sql:
            self.rows = TABLES
        elif "FROM sys.columns c WHERE" in sql:
            self.rows = COLUMNS[int(sql.split("c.object_id = ")[1].split()[0])]
        elif "max(" in sql:
            self.rows = [("2024-01-02 03:04:05.003",)]
        elif "sys.partitions" in sql:
            self.rows = [(1,)]
        elif "FROM [" in sql or "FROM dbo.Lines" in sql:
            self.batch = pa.record_batch(
                {
                    "Id]": pa.array([1], pa.int32()),
                    "Price": pa.array([Decimal("1.5000")], pa.decimal128(19, 4)),
                    "ModifiedDate": pa.array([datetime(2024, 1, 2, 3, 4, 5, 3000)], pa.timestamp("us")),
                    "rowguid": pa.array(["a0eebc99"]),
                    "Sent": pa.array([datetime(2024, 1, 2)], pa.timestamp("us")),
                }
            )

    def fetchall(self) -> list[tuple]:
        return self.rows

    def arrow_reader(self, batch_rows: int) -> list[pa.RecordBatch]:
        assert self.batch is not None
        return [self.batch]

    def close(self) -> None: ...


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All SQL that is asked of the stand-in."""
    asked: list[str] = []

    class Connection:
        def cursor(self) -> Cursor:
            return Cursor(asked)

        def close(self) -> None: ...

    module = ModuleType("mssql_python")
    module.Error = type("Error", (Exception,), {})  # type: ignore[attr-defined]
    module.connect = lambda text, timeout: Connection()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mssql_python", module)
    return asked


def test_a_table_is_listed_described_bounded_and_read(tmp_path: Path, asked: list[str]) -> None:
    lander = Lander(tmp_path / "lake", "mssql://sa@db/Adventure", PASSWORD)
    tables: dict[str, Any] = {"SalesLT.Order Lines": {"incremental": {"cursor": "ModifiedDate", "lookback": "1h"}}}
    lander.land(tables=tables)
    assert asked[-1] == (
        "SELECT [Id]]] AS [Id]]], CAST([Price] AS decimal(19, 4)) AS [Price], CAST([ModifiedDate] AS datetime2(3)) AS [ModifiedDate], "
        "LOWER(CONVERT(char(36), [rowguid])) AS [rowguid], CAST(SWITCHOFFSET([Sent], 0) AS datetime2(7)) AS [Sent] "
        "FROM [SalesLT].[Order Lines] "
        "WHERE [ModifiedDate] <= CONVERT(datetime, '2024-01-02 03:04:05.003', 121)"
    )
    resource = lander.landing.records("shop")[0].resource
    assert lander.types(str(resource))["Sent"] == "timestamp[us, tz=UTC]"
    lander.land(tables=tables)
    assert "[ModifiedDate] >= CONVERT(datetime, '2024-01-02 02:04:00', 121) AND" in asked[-1]
    assert len(lander.landing.records("shop")) == 1


def test_a_large_table_is_read_by_ranges_of_its_key(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, answer in {"is_primary_key": "Id]", "sys.partitions": 5_000_000, "MIN(": "1", "MAX(": "9000000"}.items():
        monkeypatch.setitem(SAID, words, [(answer,)])
    Lander(tmp_path / "lake", "mssql://sa@db/Adventure", PASSWORD).land("SalesLT.Order Lines", consistent=False)
    assert "SELECT CONVERT(varchar(60), MIN([Id]]])) FROM [SalesLT].[Order Lines]" in asked
    parts = {sql.partition("FROM [SalesLT].[Order Lines] ")[2] for sql in asked if sql.startswith("SELECT [Id]]] AS")}
    assert parts == {
        "WHERE [Id]]] < 3000001",
        "WHERE [Id]]] >= 3000001 AND [Id]]] < 6000001",
        "WHERE [Id]]] >= 6000001",
    }


def test_a_query_is_described_by_the_server_and_read_with_its_types(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SAID, "dm_exec_describe_first_result_set", [(*row, None) for row in COLUMNS[11]])
    lander = Lander(tmp_path / "lake", "mssql://sa@db/Adventure", PASSWORD)
    lander.land(queries={"names": "SELECT * FROM dbo.Lines WHERE Name = 'x'"})
    described = "dm_exec_describe_first_result_set(N'SELECT * FROM dbo.Lines WHERE Name = ''x''', NULL, 0)"
    assert any(described in sql for sql in asked)
    assert asked[-1].startswith("SELECT [Id]]] AS [Id]]], CAST([Price] AS decimal(19, 4)) AS [Price], ")
    assert "SELECT * FROM dbo.Lines WHERE Name = 'x'" in asked[-1]


@pytest.mark.parametrize(("is_consistent", "level"), [(True, "SNAPSHOT"), (False, "READ COMMITTED")])
def test_consistent_reads_in_snapshot_isolation(
    tmp_path: Path, asked: list[str], is_consistent: bool, level: str
) -> None:
    lander = Lander(tmp_path / "lake", "mssql://sa@db/Adventure", PASSWORD)
    lander.land("SalesLT.*", "BuildVersion", consistent=is_consistent)
    assert asked[0] == f"SET TRANSACTION ISOLATION LEVEL {level}"
    assert len([sql for sql in asked if sql.startswith("SET")]) == (1 if is_consistent else 3)


def test_a_missing_driver_is_an_error_with_its_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with pytest.raises(IngotError) as caught:
        Lander(tmp_path / "lake", "mssql://sa@db/Adventure", PASSWORD).land("*")
    assert (caught.value.code, caught.value.hint) == ("missing-package", "pip install 'ingot[mssql]'")

"""A lake that whole updates wrote: every kind of table, every type, and what each table must hold afterwards.

`write_lake` runs the project several times, changes its data and definitions in between, and compacts and restores
tables. What readers must find is stated here as plain values; nothing of it is read from the lake.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingot.tables import optimize_tables, restore_table
from ingot.testing import run_project

Rows = list[dict[str, Any]]

ALL_TYPES_COLUMNS = """
  id BIGINT NOT NULL COMMENT 'the key', `größe` DOUBLE COMMENT 'in m',
  flag BOOLEAN, tiny TINYINT, small SMALLINT, normal INT, f FLOAT, d DOUBLE, money DECIMAL(38, 9),
  price DECIMAL(10, 2), word STRING, raw BINARY, day DATE, at TIMESTAMP, local TIMESTAMP_NTZ, list ARRAY<STRING>,
  dict MAP<STRING, INT>, nested STRUCT<a: INT, b: ARRAY<STRUCT<c: STRING, d: DECIMAL(5, 1)>>>, nothing STRING"""
ALL_TYPES_SPARK = {
    "id": "bigint", "größe": "double", "flag": "boolean", "tiny": "tinyint", "small": "smallint", "normal": "int",
    "f": "float", "d": "double", "money": "decimal(38,9)", "price": "decimal(10,2)", "word": "string",
    "raw": "binary", "day": "date", "at": "timestamp", "local": "timestamp_ntz", "list": "array<string>",
    "dict": "map<string,int>", "nested": "struct<a:int,b:array<struct<c:string,d:decimal(5,1)>>>", "nothing": "string",
}  # fmt: skip
FULL: dict[str, Any] = {
    "id": 1, "größe": 1.5, "flag": True, "tiny": -128, "small": 32767, "normal": -5, "f": 1.5, "d": -0.1,
    "money": Decimal("12345678901234567890.123456789"), "price": Decimal("9.99"), "word": "Côte d'Ivoire 🏅",
    "raw": b"\x00\xff", "day": datetime.date(1, 1, 1),
    "at": datetime.datetime(2024, 2, 29, 1, 2, 3, 456789, datetime.UTC),
    "local": datetime.datetime(1969, 12, 31, 23, 59, 59), "list": ["a", None], "dict": {"k": None, "l": 2},
    "nested": {"a": None, "b": [{"c": "x", "d": Decimal("1.5")}, None]}, "nothing": None,
}  # fmt: skip
NULLS: dict[str, Any] = {**dict.fromkeys(FULL), "id": 2}
EMPTY: dict[str, Any] = {**NULLS, "id": 3, "größe": float("nan"), "d": float("inf"), "word": "", "list": [], "dict": {}}

READINGS = [{"id": n, "word": f"w{n}"} for n in range(1, 104)]  # one file, one batch, one commit each: a log checkpoint
PARTITIONS = ["a b", "x/y", "100%", "k=v", "é:#?", "null", None]

DEFINITIONS = {
    "transformations/bronze.sql": """
        CREATE OR REFRESH STREAMING TABLE bronze.readings (
          id BIGINT NOT NULL COMMENT 'the key', word STRING COMMENT 'späte Wörter'
        )
        COMMENT 'Readings, as they came'
        TBLPROPERTIES ('quality' = 'bronze')
        AS SELECT id, word FROM STREAM read_files('in/readings', format => 'csv', header => true,
          schema => 'id BIGINT, word STRING', maxFilesPerTrigger => 1);

        CREATE OR REFRESH STREAMING TABLE bronze.places PARTITIONED BY (day, place)
        AS SELECT id, place, day FROM STREAM read_files('in/places', format => 'csv', header => true,
          schema => 'id BIGINT, place STRING, day DATE', maxFilesPerTrigger => 1);

        CREATE OR REFRESH STREAMING TABLE bronze.checked (
          CONSTRAINT even EXPECT (id % 2 = 0) ON VIOLATION DROP ROW, CONSTRAINT named EXPECT (word IS NOT NULL)
        )
        TBLPROPERTIES ('ingot.quarantine' = 'even')
        AS SELECT id, word FROM STREAM bronze.readings WHERE id <= 5;""",
    "transformations/silver.sql": """
        CREATE OR REFRESH STREAMING TABLE silver.mapped PARTITIONED BY (`p=`)
        TBLPROPERTIES ('delta.columnMapping.mode' = 'name')
        AS SELECT id AS `Team (Country)`, named_struct('x y', word) AS `a b`, CAST(id AS STRING) AS `p=`
        FROM STREAM bronze.readings WHERE id <= 2;""",
    "transformations/types.sql": f"""
        CREATE OR REFRESH MATERIALIZED VIEW gold.all_types ({ALL_TYPES_COLUMNS})
        COMMENT 'Every type' TBLPROPERTIES ('quality' = 'gold', 'ingot.unique_key' = 'id')
        AS SELECT 1L AS id, 1.5D AS `größe`, true AS flag, CAST(-128 AS TINYINT) AS tiny, 32767S AS small,
          -5 AS normal, CAST(1.5 AS FLOAT) AS f, -0.1D AS d,
          CAST('12345678901234567890.123456789' AS DECIMAL(38, 9)) AS money, CAST(9.99 AS DECIMAL(10, 2)) AS price,
          'Côte d\\'Ivoire 🏅' AS word, X'00FF' AS raw, DATE'0001-01-01' AS day,
          TIMESTAMP'2024-02-29 01:02:03.456789' AS at, TIMESTAMP_NTZ'1969-12-31 23:59:59' AS local,
          array('a', NULL) AS list, map('k', NULL, 'l', 2) AS dict,
          named_struct('a', NULL, 'b', array(named_struct('c', 'x', 'd', 1.5BD), NULL)) AS nested, NULL AS nothing
        UNION ALL SELECT 2L, {", ".join(["NULL"] * 18)}
        UNION ALL SELECT 3L, double('NaN'), NULL, NULL, NULL, NULL, NULL, double('Infinity'), NULL, NULL, '' AS word,
          NULL, NULL, NULL, NULL, array(), map(), NULL, NULL;""",
    "transformations/gold.sql": """
        CREATE OR REFRESH MATERIALIZED VIEW gold.totals COMMENT 'first'
        AS SELECT count(*) AS readings FROM bronze.readings;""",
}
CHANGED = {
    "transformations/gold.sql": """
        CREATE OR REFRESH MATERIALIZED VIEW gold.totals (kind STRING, n DECIMAL(20, 0) COMMENT 'how many')
        PARTITIONED BY (kind) COMMENT 'third'
        AS SELECT if(id > 100, 'late', 'early') AS kind, CAST(count(*) AS DECIMAL(20, 0)) AS n
        FROM bronze.readings GROUP BY kind;"""
}


@dataclass(frozen=True)
class Expected:
    """What a table holds: its rows by the first column, and what its log says of it."""

    rows: Rows
    partitions: tuple[str, ...] = ()
    comment: str | None = None


TABLES = {
    "bronze/readings": Expected(READINGS, comment="Readings, as they came"),
    "bronze/places": Expected(
        [{"id": n, "place": place, "day": datetime.date(2024, 2, 29)} for n, place in enumerate(PARTITIONS)],
        partitions=("day", "place"),
    ),
    "bronze/checked": Expected([{"id": n, "word": f"w{n}"} for n in (2, 4)]),
    "silver/mapped": Expected(
        [{"Team (Country)": n, "a b": {"x y": f"w{n}"}, "p=": str(n)} for n in (1, 2)], partitions=("p=",)
    ),
    "gold/all_types": Expected([FULL, NULLS, EMPTY], comment="Every type"),
    "gold/totals": Expected(
        [{"kind": "early", "n": Decimal(100)}, {"kind": "late", "n": Decimal(3)}], partitions=("kind",), comment="third"
    ),
    "bronze/compacted": Expected([{"id": n} for n in range(4)]),
    "bronze/restored": Expected([{"id": n} for n in range(2)]),
}


def write_lake(folder: Path) -> Path:
    """Write the project and run it until its tables hold what `TABLES` says; returns the lake's folder."""
    files = {"ingot.yml": "name: interop\n", **DEFINITIONS}
    for row in READINGS[:101]:
        files[f"in/readings/{row['id']:04}.csv"] = f"id,word\n{row['id']},{row['word']}\n"
    for row in TABLES["bronze/places"].rows:
        place = "" if row["place"] is None else f'"{row["place"]}"'
        files[f"in/places/{row['id']}.csv"] = f"id,place,day\n{row['id']},{place},{row['day']}\n"
    for name in ("compacted", "restored"):
        files[f"transformations/{name}.sql"] = f"""
            CREATE OR REFRESH STREAMING TABLE bronze.{name} AS SELECT id FROM STREAM
            read_files('in/{name}', format => 'csv', header => true, schema => 'id BIGINT', maxFilesPerTrigger => 1);"""
        files |= {f"in/{name}/{n}.csv": f"id\n{n}\n" for n in range(4)}
    run_project(folder, files).close()
    second = READINGS[101]
    run_project(folder, {"in/readings/second.csv": f"id,word\n{second['id']},{second['word']}\n"}).close()
    third = READINGS[102]
    added = {"in/readings/third.csv": f"id,word\n{third['id']},{third['word']}\n"}
    with run_project(folder, added | CHANGED) as connection:
        list(optimize_tables(connection.project, connection.engine, ["bronze.compacted"]))
        restore_table(connection.project, "bronze.restored", 1)
    return folder / "lake"

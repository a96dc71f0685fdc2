"""Rows as CSV and as a workbook: values as they are, and no text that becomes a formula."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest

from ingot.dashboards.files import as_file

ANSWER = {
    "columns": [
        {"label": "=Name", "type": "text"}, {"label": "n", "type": "number"}, {"label": "day", "type": "date"},
        {"label": "at", "type": "timestamp"}, {"label": "is", "type": "boolean"}, {"label": "o", "type": "other"},
    ],
    "rows": [
        ["=1+1", -1.5, "2024-02-29", "2024-02-29T12:00:00Z", True, [1, {"a": "ü"}]],
        [None] * 6,
        ["a\n<&>\x01", "9007199254740993", "1850-01-01", "1999-12-31T18:00:00.000001Z", False, {}],
    ],
}  # fmt: skip
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def test_csv_has_a_row_for_each_row_and_no_formula():
    text = as_file(ANSWER, "csv").decode("utf-8-sig")
    head, first, empty, last = csv.reader(io.StringIO(text, newline=""))
    assert head == ["'=Name", "n", "day", "at", "is", "o"]
    assert first == ["'=1+1", "-1.5", "2024-02-29", "2024-02-29T12:00:00Z", "true", '[1, {"a": "ü"}]']
    assert empty == [""] * 6
    assert last[:2] == ["a\n<&>\x01", "9007199254740993"]
    columns = [{"label": "a", "type": "text"}]
    assert (
        as_file({"columns": columns, "rows": [[""], [None], ["b"]]}, "csv").decode() == '\ufeffa\r\n""\r\n""\r\nb\r\n'
    )


def test_a_workbook_holds_numbers_days_and_texts():
    with zipfile.ZipFile(io.BytesIO(as_file(ANSWER, "xlsx"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for content in parts.values():
        ElementTree.fromstring(content)
    sheet = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"])
    assert sheet.find(f".//{_MAIN}f") is None
    rows = [[_value(cell) for cell in row] for row in sheet.iter(f"{_MAIN}row")]
    assert rows[0] == ["=Name", "n", "day", "at", "is", "o"]
    assert rows[1] == ["=1+1", -1.5, 45351.0, 45351.5, True, '[1, {"a": "ü"}]']
    assert rows[2] == [None] * 6
    assert rows[3][:3] == ["a\n<&>", "9007199254740993", "1850-01-01"]
    assert rows[3][4:] == [False, "{}"]


def test_every_part_of_a_workbook_is_named_by_another():
    with zipfile.ZipFile(io.BytesIO(as_file(ANSWER, "xlsx"))) as archive:
        names = set(archive.namelist())
        told = set(re.findall(r'PartName="/([^"]+)"', archive.read("[Content_Types].xml").decode()))
    assert told == {name for name in names if name.endswith(".xml") and not name.startswith("[")}


def answer_with_rest(kind: str, values: list) -> dict:
    """A number for each value of a category, in the column behind; the last one is that of the rest."""
    columns = [{"label": "n", "type": "number"}, {"label": "of", "type": kind}]
    rows = [[index, value] for index, value in enumerate([*values, None])]
    return {"columns": columns, "rows": rows, "others": [len(values)], "others_column": 1}


@pytest.mark.parametrize(
    ("kind", "values", "name"),
    [
        ("text", ["A", None], "Others"),
        ("text", ["Others", None], "Others (rest)"),
        ("number", [7, None], "Others"),
        ("date", ["2024-02-29", None], "Others"),
        ("timestamp", ["2024-02-29T12:00:00Z"], "Others"),
        ("boolean", [True, False], "Others"),
        ("other", [[1]], "Others"),
    ],
)
def test_the_rest_beyond_the_top_has_a_name_that_no_value_has(kind: str, values: list, name: str):
    answer = answer_with_rest(kind, values)
    rows = list(csv.reader(io.StringIO(as_file(answer, "csv").decode("utf-8-sig"), newline="")))
    assert [row[1] for row in rows[1:] if row[1] in ("", name)] == [""] * values.count(None) + [name]
    with zipfile.ZipFile(io.BytesIO(as_file(answer, "xlsx"))) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    shown = [[_value(cell) for cell in row] for row in sheet.iter(f"{_MAIN}row")]
    assert shown[-1] == [len(values), name]
    assert [row[1] for row in shown[1:-1]].count(None) == values.count(None)
    assert answer["rows"][-1][1] is None  # of the answer, that others are given too


def _value(cell: ElementTree.Element):
    text = "".join(cell.itertext())
    match cell.get("t"):
        case "inlineStr":
            return text
        case "b":
            return text == "1"
    return float(text) if text else None

"""Rows of an answer as a file: CSV, or a workbook for spreadsheets. Never evaluates anything.

Texts that a spreadsheet would take for a formula get a `'` before them in CSV; in a workbook they are texts.
"""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ingot.output import csv_line, harmless

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LINE_END = "\r\n"  # of CSV, for spreadsheets
_EPOCH = datetime.datetime(1899, 12, 30)  # day 0 of a workbook, as all spreadsheets count since 1900-03-01
_FIRST_DAY = datetime.datetime(1900, 3, 1)
_CELL_MAX = 32_767  # characters that a cell may hold
_DATE, _INSTANT, _HEAD = 1, 2, 3  # styles of cells


def as_file(answer: Mapping[str, Any], form: str) -> bytes:
    """The rows of an answer with their labels, as the bytes of a file."""
    shown = _with_others(answer)
    return _workbook(shown) if form == "xlsx" else _csv(shown)


def _with_others(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer whose rest beyond the top N is called so, by a text that no value of the column has.

    An empty cell would say that its rows have no value. A column of numbers or days gets the text too.
    """
    rest = set(answer.get("others", ()))
    if not rest:
        return answer
    place, name = answer["others_column"], "Others"
    values = [row[place] for n, row in enumerate(answer["rows"]) if n not in rest]
    while name in values:
        name = f"{name} (rest)"
    rows = [[*row[:place], name, *row[place + 1 :]] if n in rest else row for n, row in enumerate(answer["rows"])]
    return {**answer, "rows": rows}


def _csv(answer: Mapping[str, Any]) -> bytes:
    lines = [csv_line((harmless(column["label"]) for column in answer["columns"]), _LINE_END)]
    numeric = [column["type"] == "number" for column in answer["columns"]]
    for row in answer["rows"]:
        values = [_plain(value, is_number) for value, is_number in zip(row, numeric, strict=True)]
        lines.append(csv_line(values, _LINE_END))
    return ("\ufeff" + "".join(lines)).encode()


def _plain(value: Any, is_number: bool) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return harmless(json.dumps(value, ensure_ascii=False))
    return value if is_number else harmless(value)


# --- workbooks: Office Open XML, ECMA-376 part 1, with texts within their cells --------------------------------------

_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Rows" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="r2" Target="styles.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="165" applyNumberFormat="1"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _workbook(answer: Mapping[str, Any]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_PARTS, "xl/worksheets/sheet1.xml": _sheet(answer)}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), _DECLARATION + content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _sheet(answer: Mapping[str, Any]) -> str:
    types = [column["type"] for column in answer["columns"]]
    head = "".join(_text_cell(column["label"], _HEAD) for column in answer["columns"])
    body = "".join(
        f"<row>{''.join(_cell(value, kind) for value, kind in zip(row, types, strict=True))}</row>"
        for row in answer["rows"]
    )
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>'
        '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><sheetData><row>{head}</row>{body}</sheetData></worksheet>"
    )


def _cell(value: Any, kind: str) -> str:
    """A value as a cell. Numbers that a double does not hold stay texts."""
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    if kind in ("date", "timestamp") and isinstance(value, str) and (day := _serial(value)) is not None:
        return f'<c s="{_DATE if kind == "date" else _INSTANT}"><v>{day!r}</v></c>'
    return _text_cell(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 0)


def _text_cell(text: str, style: int) -> str:
    shown = "".join(c for c in text[:_CELL_MAX] if c >= " " or c in "\t\n\r")
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


def _serial(value: str) -> float | int | None:
    """A day as a workbook counts it; None for one before these agree on a number, and for what is no day."""
    try:
        found = datetime.datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None
    if found < _FIRST_DAY:
        return None
    days = (found - _EPOCH) / datetime.timedelta(days=1)
    return int(days) if days == int(days) else days

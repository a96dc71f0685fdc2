"""Databricks notebooks in source form: where their cells are.

Owns the marks of that format (`-- Databricks notebook source`, `-- COMMAND ----------`, `-- MAGIC`; in Python
files the same after `#`). Never reads what is in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A part of the text. `magic` is the word after `%`, for a cell in another language or with a command."""

    start: int
    end: int
    magic: str | None = None
    magic_start: int = 0


def is_notebook(text: str, comment: str = "--") -> bool:
    """Whether the text is a notebook in source form; `comment` is what begins a comment there.

    One that has lost its first line, as files that were copied out of one do, is known by the borders of its cells.
    """
    mark = re.escape(comment)
    if re.match(rf"\s*{mark}\s*Databricks notebook source\b", text):
        return True
    return "COMMAND ---" in text and _border(comment).search(text) is not None


def _border(comment: str) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(comment)}[ \t]*COMMAND[ \t]*-{{3,}}[ \t]*$", re.MULTILINE)


def cells(text: str, comment: str = "--") -> Iterator[Cell]:
    """The cells of a notebook; a plain file is one cell."""
    if not is_notebook(text, comment):
        yield Cell(0, len(text))
        return
    mark = re.escape(comment)
    magic = re.compile(rf"(?:\s|{mark}(?![ \t]*MAGIC)[^\n]*\n|{mark}[ \t]*MAGIC[ \t]*\n)*{mark}[ \t]*MAGIC[ \t]+%(\w+)")
    start = 0
    for match in (*_border(comment).finditer(text), None):
        end = match.start() if match else len(text)
        found = magic.match(text, start, end)
        yield Cell(start, end, found[1].lower(), found.start(1)) if found else Cell(start, end)
        start = match.end() if match else end

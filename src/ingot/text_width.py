"""How wide a text is on a terminal, and texts filled up to a width."""

from __future__ import annotations

import unicodedata


def text_width(text: str) -> int:
    """How many columns a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, width: int, right: bool) -> str:
    """A text with spaces up to a width, on its left when it is to stand right."""
    space = " " * (width - text_width(text))
    return space + text if right else text + space

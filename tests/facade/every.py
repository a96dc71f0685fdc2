"""All pieces of DataFrame code, by name."""

from __future__ import annotations

from facade import snippets_columns, snippets_frames, snippets_udfs, snippets_values
from facade.snippets import SNIPPETS

FILES = (snippets_columns, snippets_frames, snippets_udfs, snippets_values)

__all__ = ["FILES", "SNIPPETS"]

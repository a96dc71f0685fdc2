"""All pieces of DataFrame code, by name."""

from __future__ import annotations

from facade import snippets_columns, snippets_frames, snippets_udfs, snippets_values
from facade.programs import Program
from facade.snippets import SNIPPETS

SNIPPETS.update({f"program_{seed:02}": Program(seed).run for seed in range(80)})
FILES = (snippets_columns, snippets_frames, snippets_udfs, snippets_values)

__all__ = ["FILES", "SNIPPETS"]

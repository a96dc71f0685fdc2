"""Functions over JSON and other text formats."""

from __future__ import annotations

SCALARS = """
get_json_object (string, string) -> string
json_array_length (string) -> int
json_object_keys (string) -> array<string>
"""

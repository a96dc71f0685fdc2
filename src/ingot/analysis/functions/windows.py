"""Functions that exist only over a window; aggregates may be used over one as well."""

from __future__ import annotations

WINDOWS = """
row_number () -> int
rank (any*) -> int
dense_rank (any*) -> int
percent_rank (any*) -> double
counter_diff (number, timestamp|timestamp_ntz?) -> @first
cume_dist () -> double
"""

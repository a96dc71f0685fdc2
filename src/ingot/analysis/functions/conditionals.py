"""Functions that choose between values, and those about the session."""

from __future__ import annotations

SCALARS = """
coalesce (T+) -> T
if, iff (boolean, T, T) -> T
ifnull, nvl (T, T) -> T
nvl2 (any, T, T) -> T
isnull (any) -> boolean
isnotnull (any) -> boolean
assert_true (boolean, string?) -> void
raise_error (string) -> void
typeof (any) -> string
current_user, user, session_user () -> string
current_catalog () -> string
current_database, current_schema () -> string
version () -> string
uuid () -> string
monotonically_increasing_id () -> bigint
spark_partition_id () -> int
input_file_name () -> string
"""

VOLATILE = frozenset({"current_user", "uuid", "monotonically_increasing_id", "spark_partition_id"})

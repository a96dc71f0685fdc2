"""What arrays, data frames and tables of installed packages hold, for the text of what a user's functions look up.

Owns which packages' objects are known. Never imports such a package: what is not imported has made no object.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from typing import Any


def held_values(value: Any) -> Sequence[Any]:
    """The content of an array or the like, in plain values and collections; nothing of all else."""
    name = str(type(value).__module__).partition(".")[0]
    package = sys.modules.get(name)
    return _KNOWN[name](package, value) if name in _KNOWN and package is not None else ()


def _of_numpy(numpy: Any, value: Any) -> Sequence[Any]:
    if isinstance(value, numpy.generic):
        return str(value.dtype), value.tolist()
    if isinstance(value, numpy.ndarray):
        content = value.tolist() if value.dtype.hasobject else hashlib.sha256(value.tobytes()).hexdigest()
        return str(value.dtype), value.shape, content
    return ()


def _of_pandas(pandas: Any, value: Any) -> Sequence[Any]:
    if isinstance(value, pandas.DataFrame):
        return value.index, value.columns, [column for _, column in value.items()]
    if isinstance(value, pandas.Series):
        return value.index, value.name, str(value.dtype), value.tolist()
    if isinstance(value, pandas.Index):
        return list(value.names), str(value.dtype), value.tolist()
    return ()


def _of_pyarrow(pyarrow: Any, value: Any) -> Sequence[Any]:
    if isinstance(value, (pyarrow.Table, pyarrow.RecordBatch)):
        return str(value.schema), [column.to_pylist() for column in value.columns]
    if isinstance(value, (pyarrow.Array, pyarrow.ChunkedArray)):
        return str(value.type), value.to_pylist()
    return (str(value.type), value.as_py()) if isinstance(value, pyarrow.Scalar) else ()


_KNOWN = {"numpy": _of_numpy, "pandas": _of_pandas, "pyarrow": _of_pyarrow}

"""Arrays and data frames that functions look up are told by what they hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ingot.update.user_code import code_text

MAKERS: dict[str, Callable[[Any], Any]] = {
    "array": lambda x: np.array([1, x]),
    "array-of-objects": lambda x: np.array(["a", x], dtype=object),
    "scalar": np.int64,
    "frame": lambda x: pd.DataFrame({"a": [1, 2], "b": ["x", str(x)]}),
    "index": lambda x: pd.DataFrame({"a": [1, 2]}, index=[1, x]),
    "series": lambda x: pd.Series([None, x]),
    "table": lambda x: pa.table({"a": [1, x]}),
    "arrow-array": lambda x: pa.array([None, x]),
    "arrow-scalar": pa.scalar,
}


def told(folder: Path, value: Any) -> str:
    path = folder / "a.py"
    path.write_text("def f(): return HELD\n")
    names = {"HELD": value}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return code_text([path], [names["f"]])


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_equal_content_is_told_alike_and_other_content_is_not(tmp_path, make):
    assert told(tmp_path, make(3)) == told(tmp_path, make(3))
    assert told(tmp_path, make(3)) != told(tmp_path, make(4))


def test_types_count_beside_values(tmp_path):
    assert told(tmp_path, np.array([1], "int32")) != told(tmp_path, np.array([1], "uint32"))
    assert told(tmp_path, pd.Series([1], dtype="int32")) != told(tmp_path, pd.Series([1], dtype="int64"))

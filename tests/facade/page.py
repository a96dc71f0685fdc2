"""The page that says what of PySpark's API works, made from the classification.

`python tests/facade/page.py` writes `docs/reference/dataframes.md` anew; a default test holds the page against the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "dataframes.md"
HEAD = """\
# What of PySpark works

This page is made from the code (`python tests/facade/page.py`), and a test fails when it is out of date; another test holds the list
of names against PySpark 4.3 itself. The tests run {pieces} pieces of DataFrame code, each with the answer that Spark gave for it.
*No effect* means accepted: what it asks for is the engine's to decide, or has no meaning here. *Refused* is an error with file and line.

Methods that need rows (`collect`, `count`, `toPandas`, `pivot` without values, …) are answered within query functions, from what the
lake holds once the datasets that they read are up to date; while definitions are loaded they are
refused (`query-at-load`) but over files, Delta tables by their path and mapped tables.

## Functions of your own

| | called with | needs |
|---|---|---|
| `udf`, `spark.udf.register` | the values of one row; a struct is a `Row` | NumPy |
| `pandas_udf` | Series, or an iterator of them; with a scalar as the hinted result, the rows of a group | pandas, pyarrow |
| `arrow_udf` | Arrow arrays | pyarrow |
| `mapInPandas`, `mapInArrow` | an iterator of batches; how rows come in batches is left open, as in Spark | pandas, pyarrow |
| `applyInPandas`, `applyInArrow`, also after `cogroup` | the rows of a group, perhaps with its key | pandas, pyarrow |
| `udtf`, `spark.udtf.register` | the values of one row; `terminate` comes after each call | NumPy |

A value that does not fit the declared type is an error (`wrong-result`), never NULL. A function that is registered by name can be called
in the SQL of all files of the project. Functions over a stream see new rows only.

`pyspark.sql.functions` has every name of PySpark's; a function works as it does in SQL, so what is refused there is refused here:
[what of Spark's language works](language.md).
"""


def page() -> str:
    """The text of the page."""
    from facade.every import SNIPPETS
    from facade.surface import CLASSES, entries

    found = list(entries())
    parts = [HEAD.format(pieces=len(SNIPPETS))]
    for kind in CLASSES:
        parts.append(_section(kind, [e for e in found if e.kind == kind]))
    return "\n".join(parts)


def _section(kind: str, found: list) -> str:
    lines = [f"## {kind}", "", _listed([e.name for e in found if e.status == "works"]), ""]
    idle = [e.name for e in found if e.status == "no effect"]
    if idle:
        lines += ["No effect: " + _listed(idle), ""]
    refused = [e for e in found if e.status == "refused"]
    if refused:
        lines += ["| refused | instead |", "|---|---|"]
        lines += [f"| `{e.name}` | {e.hint or ''} |" for e in refused] + [""]
    return "\n".join(lines)


def _listed(names: list[str]) -> str:
    """Names in lines of a readable width."""
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > 125:
            lines.append(line.rstrip())
            line = ""
        line += f"`{name}` "
    return "\n".join([*lines, line.rstrip()])


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    PAGE.write_text(page(), "utf-8")

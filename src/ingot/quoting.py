"""How Spark SQL writes a name and a text so that it reads back exactly what they are.

Owns the rules of escaping. Never reads them back, and knows no other dialect: engines and sources have their own.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def quoted_name(name: str) -> str:
    """A name between backquotes.

    >>> quoted_name("the `last` one")
    '`the ``last`` one`'
    """
    return "`" + name.replace("`", "``") + "`"


def quoted_where_needed(name: str) -> str:
    """A name as Spark shows it in types: between backquotes unless it is plain.

    >>> quoted_where_needed("city"), quoted_where_needed("2nd city")
    ('city', '`2nd city`')
    """
    return name if _PLAIN.fullmatch(name) else quoted_name(name)


def quoted_text(text: str) -> str:
    r"""A text literal.

    >>> print(quoted_text("it's C:\\"))
    'it\'s C:\\'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

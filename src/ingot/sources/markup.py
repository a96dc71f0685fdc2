"""Whether an answer is a web page or a message in XML that came in place of a file: a login, an error of a storage.

Tells it by the first bytes, what the server calls them, and the name of the file that was asked for.
"""

from __future__ import annotations

import re

HEAD_BYTES = 1024
_PAGES = (".html", ".htm", ".xhtml")
_COMPRESSIONS = (".gz", ".bz2", ".zst", ".xz", ".lz4")
_DATA = (
    ".csv", ".tsv", ".psv", ".txt", ".json", ".jsonl", ".ndjson", ".geojson", ".yaml", ".yml",
    ".parquet", ".avro", ".orc", ".arrow", ".feather", ".xlsx", ".zip",
)  # fmt: skip
_HTML = re.compile(rb"(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
# A tag; not the name of a column as exports of stock prices have it, `<TICKER>,<PER>`, nor a value such as `<0.1`.
_MARKUP = re.compile(rb"\s*<(?:[?!/]|[a-z](?![^<>\r\n]*>[,;|\t]))", re.I)


def is_page(name: str, content_type: str, head: bytes) -> bool:
    """Whether this is a page or a message instead of the file.

    Args:
        name: Of the file. One whose name does not say that it is data may be markup, but no web page; one that is to
            be a page may be all.
        content_type: As the server gives it, without parameters.
        head: The first bytes of the content.

    >>> is_page("a.csv", "text/csv", b"<Error><Code>AccessDenied</Code></Error>")
    True
    >>> is_page("a.xml", "application/xml", b"<Error><Code>AccessDenied</Code></Error>")
    False
    """
    plain = name.lower()
    if plain.endswith(_PAGES):
        return False
    begin = head.removeprefix(b"\xef\xbb\xbf")
    is_tagged = begin.lstrip().startswith(b"<")
    if _HTML.match(begin) or (is_tagged and content_type == "text/html"):
        return True
    for ending in _COMPRESSIONS:
        plain = plain.removesuffix(ending)
    if not plain.endswith(_DATA):
        return False
    is_called_xml = content_type in ("application/xml", "text/xml") or content_type.endswith("+xml")
    return (is_tagged and is_called_xml) or _MARKUP.match(begin) is not None

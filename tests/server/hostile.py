"""Texts that break out of things, a project that has them as rows, and good requests of every endpoint about it."""

from __future__ import annotations

import json

from server.attacks import Asked

HOSTILE = [
    "'", '"', "`", "\\", ";", "--", "/*", "*/", "' OR '1'='1", "'; DROP TABLE gold.texts; --", "`; DROP TABLE x; --`",
    "${env:PATH}", "${secret:x}", "{{7654321*1234567}}", "{% print(7654321*1234567) %}", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "a\x00b",
    "\r\nX-Injected: yes", "file:///etc/passwd", "\u202e", "😀", "\ud83d", "a" * 290, "NULL", "nan", "-1", "9" * 40,
    "__class__", "constructor", "__proto__", "%", "_", "\\'", "$1", "1e999",
]  # fmt: skip
TEXTS = [text for text in HOSTILE if text.isprintable() or text == "\u202e"]  # which are also values of a table
FILES = {
    "texts/1.json": "".join(
        json.dumps({"kind": f"kind of {text}", "text": text, "n": 2**number}) + "\n"
        for number, text in enumerate(TEXTS)
    ),
    "transformations/texts.sql": """
CREATE MATERIALIZED VIEW gold.texts AS
SELECT * FROM read_files('texts', format => 'json', schema => 'kind STRING, text STRING, n BIGINT');
""",
    "dashboards/texts.yml": """
datasets:
  texts:
    from: gold.texts
    measures: {total: sum(n)}
    hierarchies: {place: [kind, text]}
slicers:
  - {field: text, dataset: texts, kind: dropdown, name: chosen}
visuals:
  - {name: total, kind: card, dataset: texts, value: total}
  - {name: bars, kind: bar, dataset: texts, category: place, value: total}
  - {name: own, kind: table, sql: "SELECT text, n FROM gold.texts"}
""",
    "queries/mine.sql": "SELECT 1",
}
ONE = TEXTS[0]
FILTERS = [{"field": "text", "op": "in", "values": [ONE]}]
OWN = {"drill": [{"field": "kind", "value": f"kind of {ONE}"}], "level": 1, "sort": ["-total"]}
VISUAL = {"page": "texts", "visual": "bars", "filters": FILTERS, "own": OWN, "except": ["kind"]}

# What the texts are put into. Every parameter has a value in one of these, so that the text gets to where values get.
GOOD = {
    "GET /project": [Asked()],
    "GET /live": [],  # takes nothing, and never ends
    "GET /dashboards": [Asked()],
    "GET /dashboards/{name}": [Asked({"name": "texts"})],
    "POST /dashboards/{name}/data": [
        Asked({"name": "texts"}, body={
            "page": "texts", "visuals": ["bars", "own"], "filters": FILTERS, "own": {"bars": OWN},
            "except": {"own": ["kind"]},
        }),
        Asked({"name": "texts"}, body={
            "filters": [{"field": "text", "op": "contains", "values": ["Ada"]}],
            "own": {"bars": {"drill": [], "sort": "total"}},
        }),
    ],
    "POST /dashboards/{name}/values": [
        Asked({"name": "texts"}, body={"page": "texts", "slicer": "chosen", "search": "a", "filters": FILTERS})
    ],
    "POST /dashboards/{name}/rows": [
        Asked({"name": "texts"}, body={
            **VISUAL, "point": {"text": ONE}, "limit": 10, "offset": 0, "format": "json",
        }),
        Asked({"name": "texts"}, body={"visual": "own", "point": {"text": ONE}, "own": {"sort": "n"}, "format": "csv"}),
    ],
    "POST /dashboards/{name}/export": [
        Asked({"name": "texts"}, body={**VISUAL, "format": "csv"}),
        Asked({"name": "texts"}, body={"visual": "own", "filters": FILTERS, "own": {"sort": "n"}, "format": "xlsx"}),
    ],
    "GET /graph": [Asked()],
    "GET /updates": [Asked(query={"limit": 5, "before": "2030-01-01T00:00:00Z"})],
    "GET /updates/current": [Asked()],
    "GET /updates/{update_id}": [Asked({"update_id": "the newest"})],
    "POST /updates": [Asked(body={"refresh": ["gold.texts"], "full_refresh": ["gold.texts"], "full_refresh_all": False})],
    "POST /updates/current/stop": [],
    "GET /tables": [Asked()],
    "GET /tables/{schema}/{table}": [Asked({"schema": "gold", "table": "texts"}, {"version": 0})],
    "GET /tables/{schema}/{table}/rows": [
        Asked({"schema": "gold", "table": "texts"}, {"version": 0, "order_by": "-text", "limit": 5, "offset": 0})
    ],
    "GET /tables/{schema}/{table}/history": [
        Asked({"schema": "gold", "table": "texts"}, {"limit": 5, "before": 2})
    ],
    "GET /tables/{schema}/{table}/files": [
        Asked({"schema": "gold", "table": "texts"}, {"version": 0, "limit": 5, "offset": 0})
    ],
    "GET /tables/{schema}/{table}/lineage": [Asked({"schema": "gold", "table": "texts"})],
    "GET /tables/{schema}/{table}/expectations": [Asked({"schema": "silver", "table": "orders"}, {"limit": 5})],
    "GET /tables/{schema}/{table}/quarantine": [
        Asked({"schema": "silver", "table": "orders"}, {"limit": 5, "offset": 0})
    ],
    "POST /tables/{schema}/{table}/quarantine/replay": [Asked({"schema": "silver", "table": "orders"})],
    "GET /sources": [Asked()],
    "GET /sources/{name}/files": [Asked({"name": "drops"}, {"limit": 5, "offset": 0})],
    "POST /query": [
        Asked(headers={"accept": "text/csv"}, body={
            "sql": "SELECT 1", "limit": 5, "offset": 0, "timeout_s": 60, "formulas": "escape",
        }),
        Asked(body={"sql": "SELECT * FROM gold.texts"}),
    ],
    "GET /catalog": [Asked()],
    "GET /queries": [Asked()],
    "GET /queries/{name}": [Asked({"name": "mine"})],
    "PUT /queries/{name}": [Asked({"name": "mine"}, body={"sql": "SELECT 1"})],
    "DELETE /queries/{name}": [Asked({"name": "never saved"})],
}  # fmt: skip
CHANGING = (
    "POST /updates", "POST /updates/current/stop", "POST /tables/{schema}/{table}/quarantine/replay",
    "DELETE /queries/{name}",
)  # fmt: skip

"""Records of CSV: text into fields and fields into text, as Spark's `from_csv` and `to_csv` do."""

from __future__ import annotations

import json
from functools import lru_cache

from ingot.analysis.csv_text import CsvForm, fields_of, form_of
from ingot.engines.duckdb.kernels import Kernel


@lru_cache(maxsize=64)
def _options(text: str) -> dict[str, str]:
    return json.loads(text)


@lru_cache(maxsize=64)
def _form(text: str) -> CsvForm:
    return form_of(_options(text))


def _record(fields: list[str | None], options: str) -> str:
    """The fields as one record; None is null."""
    form, given = _form(options), _options(options)
    null_text, empty_text = given.get("nullvalue", ""), given.get("emptyvalue", '""')
    quotes_all, escapes = given.get("quoteall") == "true", given.get("escapequotes", "true") == "true"
    trims_start = given.get("ignoreleadingwhitespace", "true") == "true"
    trims_end = given.get("ignoretrailingwhitespace", "true") == "true"
    blanks = "".join(map(chr, range(33)))
    shown = []
    for at, field in enumerate(fields):
        text = null_text if field is None else field
        if field is not None:
            text = text.lstrip(blanks) if trims_start else text
            text = text.rstrip(blanks) if trims_end else text
            if not text:
                shown.append(empty_text)
                continue
        is_special = any(part in text for part in (form.separator, "\n", "\r")) or (escapes and form.quote in text)
        is_comment = at == 0 and text.startswith("#")
        shown.append(_quoted(text, form) if quotes_all or is_special or is_comment else text)
    return form.separator.join(shown)


def _quoted(text: str, form: CsvForm) -> str:
    if form.escape != form.quote:
        text = text.replace(form.escape, form.escape * 2)
    return form.quote + text.replace(form.quote, form.escape + form.quote) + form.quote


KERNELS = {
    "csv_fields": Kernel(lambda text, options: fields_of(text, _form(options)), "VARCHAR, VARCHAR", "VARCHAR[]"),
    "csv_record": Kernel(_record, "VARCHAR[], VARCHAR", "VARCHAR"),
}

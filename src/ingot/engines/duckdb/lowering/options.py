"""Options of functions that read or write a text format: `map('mode', 'FAILFAST')`.

Owns how they are given; what each means is told where it has an effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.scope import literal

# Every option of Spark's JSON, CSV and XML functions that changes an answer.
_OF_SPARK = """
    timezone timestampformat timestampntzformat dateformat enabledatetimeparsingfallback mode columnnameofcorruptrecord
    allowcomments allowunquotedfieldnames allowsinglequotes allownumericleadingzeros allownonnumericnumbers
    allowbackslashescapinganycharacter allowunquotedcontrolchars primitivesasstring prefersdecimal dropfieldifallnull
    ignorenullfields sortkeys pretty writenonasciicharacterascodepoint locale encoding charset linesep multiline
    samplingratio inferschema infertimestamp preferdate sep delimiter quote escape comment header nullvalue nanvalue
    positiveinf negativeinf emptyvalue ignoreleadingwhitespace ignoretrailingwhitespace quoteall escapequotes
    chartoescapequoteescaping maxcolumns maxcharspercolumn unescapedquotehandling enforceschema singlevariantcolumn
    rowtag roottag excludeattribute attributeprefix valuetag ignoresurroundingspaces rowvalidationxsdpath
    ignorenamespace wildcardcolname declaration arrayelementname validatename
"""
_PATTERNS = {"timestampformat": "timestamp", "timestampntzformat": "timestamp_ntz", "dateformat": "date"}


def options_of(call: Call, position: int, known: Iterable[str], without_effect: Iterable[str]) -> dict[str, str]:
    """The options by their names in small letters; those that no reader knows are left out, as in Spark.

    Raises:
        UnsupportedError: for options that are not literals, and for those that Spark knows and nothing here does.
    """
    if position >= len(call.arguments):
        return {}
    node = call.arguments[position]
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if not isinstance(node, exp.Anonymous) or node.this != "map":
        raise call.refuse(f"the options of {call.name} must be written as map('name', 'value')")
    texts = [literal(item) for item in node.expressions]
    found: dict[str, str] = {}
    for name, value in zip(texts[::2], texts[1::2], strict=True):
        if name is None or value is None:
            raise call.refuse(f"the options of {call.name} must be literals")
        found[name.lower()] = value
    refused = [name for name in found if name in _OF_SPARK.split() and name not in (*known, *without_effect)]
    if refused:
        raise call.refuse(f"the option {refused[0]!r} of {call.name} is not supported")
    return {name: value for name, value in found.items() if name in known}


def time_patterns(options: Mapping[str, str]) -> dict[str, str]:
    """The patterns of dates and timestamps, by type."""
    return {data_type: options[name] for name, data_type in _PATTERNS.items() if name in options}

"""The options of a file read: which exist, and their values by Spark's rules.

Owns names, defaults and refusals. Unknown options are reported, as Spark ignores them; known ones that cannot be
honoured exactly are refused when the read is analyzed.
"""

from __future__ import annotations

from ingot.analysis.text_options import flag
from ingot.errors import AnalysisError, UnsupportedError, nearest
from ingot.model import FileRead

# What lists, schedules or stores belong to the landing of files, not to their content.
_FILES = frozenset(
    [
        "format",
        "schema",
        "path",
        "pathglobfilter",
        "filenamepattern",
        "recursivefilelookup",
        "modifiedafter",
        "modifiedbefore",
        "includeexistingfiles",
        "allowoverwrites",
        "maxfilespertrigger",
        "maxbytespertrigger",
        "cleansource",
        "cleansourcearchivedir",
        "cleansource.retentionduration",
        "cleansource.movedestination",
        "sourcearchivedir",
        "latestfirst",
        "maxfileage",
        "partitioncolumns",
        "schemalocation",
        "schemahints",
        "schemaevolutionmode",
        "infercolumntypes",
        "inferschema",
        "rescueddatacolumn",
        "usenotifications",
        "usemanagedfileevents",
        "useincrementallisting",
        "backfillinterval",
        "usestrictglobber",
        "validateoptions",
        "startingversion",
        "fetchparallelism",
        "resourcetag",
        "queueurl",
        "region",
        "basepath",
        "ignorecorruptfiles",
        "ignoremissingfiles",
        "mergeschema",
        "compression",
        "codec",
        "readercasesensitive",
        "maxfilepertrigger",
        "filecachemaxage",
        "maxcachedfiles",
        "ignorechanges",
        "ignoredeletes",
        "skipchangecommits",
        "resetondatachange",
        "testmode",
    ]
)
_TEXTUAL = frozenset(
    [
        "mode",
        "columnnameofcorruptrecord",
        "encoding",
        "charset",
        "linesep",
        "multiline",
        "dateformat",
        "timestampformat",
        "timestampntzformat",
        "timezone",
        "locale",
        "samplingratio",
        "enabledatetimeparsingfallback",
        "prefersdate",
        "preferdate",
    ]
)
_BY_FORMAT = {
    "csv": _TEXTUAL
    | frozenset(
        [
            "header",
            "sep",
            "delimiter",
            "quote",
            "escape",
            "comment",
            "chartoescapequoteescaping",
            "nullvalue",
            "emptyvalue",
            "nanvalue",
            "positiveinf",
            "negativeinf",
            "ignoreleadingwhitespace",
            "ignoretrailingwhitespace",
            "enforceschema",
            "maxcolumns",
            "maxcharspercolumn",
            "inputbuffersize",
            "unescapedquotehandling",
            "escapequotes",
            "quoteall",
            "skiprows",
            "singlevariantcolumn",
            "columnpruning",
        ]
    ),
    "json": _TEXTUAL
    | frozenset(
        [
            "primitivesasstring",
            "prefersdecimal",
            "allowcomments",
            "allowunquotedfieldnames",
            "allowsinglequotes",
            "allownumericleadingzeros",
            "allowbackslashescapinganycharacter",
            "allowunquotedcontrolchars",
            "allownonnumericnumbers",
            "dropfieldifallnull",
            "infertimestamp",
            "singlevariantcolumn",
            "ignorenullfields",
            "writenonasciicharacterasciicodepoint",
            "useunsaferow",
        ]
    ),
    "parquet": frozenset(["datetimerebasemode", "int96rebasemode", "timestampntzinference"]),
    "text": frozenset(["wholetext", "linesep", "encoding", "charset"]),
    "binaryfile": frozenset(),
}
_REFUSED = {
    "singlevariantcolumn": "variant columns are not read",
    "skiprows": "leading lines are not skipped",
    "ignorecorruptfiles": "broken files are never skipped silently",
    "ignoremissingfiles": "missing files are never skipped silently",
}
_MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")


def format_of(read: FileRead) -> str:
    """The read's format in lower case.

    Raises:
        UnsupportedError: `unsupported-format`.
    """
    name = read.format.lower()
    if name not in _BY_FORMAT:
        raise UnsupportedError(
            f"files of format {read.format!r} are not read",
            location=read.location,
            hint="use one of csv, json, parquet, text, binaryFile",
            code="unsupported-format",
        )
    return name


def unknown_options(read: FileRead) -> list[tuple[str, str | None]]:
    """The read's options that mean nothing, in order, each with the nearest that does; Spark ignores them too."""
    known = _BY_FORMAT[format_of(read)] | _FILES
    return [(name, nearest(name, sorted(known))) for name in read.options if name not in known]


_INERT = {
    "samplingratio": "all records are looked at",
    "inputbuffersize": "memory is bounded anyway",
    "maxcolumns": "the number of columns is not limited",
    "enabledatetimeparsingfallback": "there is no older parser to fall back to",
    "columnpruning": "columns that are not used are always left out",
    "usenotifications": "folders are listed",
    "usemanagedfileevents": "folders are listed",
    "useincrementallisting": "folders are always listed in full",
    "backfillinterval": "folders are always listed in full",
    "fetchparallelism": "folders are listed",
    "resourcetag": "no cloud resources are made",
    "queueurl": "no queue is read",
    "compression": "the file's name tells its compression",
    "codec": "the file's name tells its compression",
    "datetimerebasemode": "dates before 1582 are read as they stand",
    "int96rebasemode": "instants before 1900 are read as they stand",
    "timestampntzinference": "the file tells which timestamps are local",
}


def options_without_effect(read: FileRead) -> list[tuple[str, str]]:
    """The read's options that are accepted and change nothing, with the reason."""
    known = _BY_FORMAT[format_of(read)] | _FILES
    return [(name, _INERT[name]) for name in read.options if name in _INERT and name in known]


def check_options(read: FileRead) -> None:
    """Refuse options whose effect cannot be had exactly, and values that are wrong.

    Raises:
        UnsupportedError: `unsupported-option`.
        AnalysisError: `invalid-option`.
    """
    format_of(read)
    for name, why in _REFUSED.items():
        if name in read.options and read.options[name].lower() != "false":
            raise UnsupportedError(
                f"option {name!r}: {why}",
                location=read.location,
                hint=f"remove {name!r}",
                code="unsupported-option",
            )
    zone = read.options.get("timezone", "UTC")
    if zone.upper() not in ("UTC", "ETC/UTC", "GMT", "Z", "+00:00"):
        raise _refused(read, "timezone", zone, "only UTC is read exactly")
    locale = read.options.get("locale", "en-US")
    if not locale.lower().startswith("en"):
        raise _refused(read, "locale", locale, "only English names and numbers are read exactly")
    mode = read.options.get("mode", "PERMISSIVE").upper()
    if mode not in _MODES:
        raise AnalysisError(
            f"option 'mode' is {read.options['mode']!r}",
            location=read.location,
            hint="use PERMISSIVE, DROPMALFORMED or FAILFAST",
            code="invalid-option",
        )


def _refused(read: FileRead, name: str, value: str, why: str) -> UnsupportedError:
    return UnsupportedError(f"option {name!r} is {value!r}: {why}", location=read.location, code="unsupported-option")


def mode_of(read: FileRead) -> str:
    """PERMISSIVE, DROPMALFORMED or FAILFAST."""
    return read.options.get("mode", "PERMISSIVE").upper()


def infers_types(read: FileRead) -> bool:
    """Whether column types come from the data; otherwise all are strings."""
    for name in ("infercolumntypes", "inferschema"):
        if name in read.options:
            return flag(read.options, name)
    return read.infer_types


def rescued_column(read: FileRead) -> str | None:
    """The name of the column for rescued data, if the read has one."""
    name = read.options.get("rescueddatacolumn")
    if name is None and read.is_autoloader and read.schema is None:
        evolves = read.options.get("schemaevolutionmode", "addNewColumns").lower()
        return None if format_of(read) in ("text", "binaryfile") or evolves == "none" else "_rescued_data"
    return name or None


def corrupt_column(read: FileRead) -> str:
    """The name that a column for corrupt records has, if the schema holds one."""
    return read.options.get("columnnameofcorruptrecord", "_corrupt_record")


def encoding_of(read: FileRead) -> str:
    """The declared encoding; UTF-8 if none is."""
    return read.options.get("encoding") or read.options.get("charset") or "utf-8"

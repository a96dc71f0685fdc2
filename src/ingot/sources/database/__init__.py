"""Source kind `database`: tables and queries of PostgreSQL, MySQL, MariaDB, SQLite and SQL Server, landed as Parquet.

Owns what one landing of a database is: connect, select, plan, read in parallel, try again after a lost connection.
What the entry means is `entry`, what differs between databases is in a module for each, how rows become files is
`parts`.

    sources:
      shop:
        kind: database
        url: postgresql://reader@host:5432/shop   # never with a password
        password: ${secret:shop}
        tables: ["sales.*", "!sales.audit"]       # patterns; or a mapping with options for each
        queries: {top: "SELECT …"}
        parallel: 4                               # tables and parts of large tables at once
        consistent: false                         # true: all tables get visible together, in one state of the database
        timeout: 30s                              # for a connection
        retries: 3                                # of connections that fail or break
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event

from ingot.errors import IngotError
from ingot.lake.landing_record import LandingRecord
from ingot.model import SourceSpec
from ingot.source import LandContext, LandResult
from ingot.sources.database.adapter import TRANSIENT, Adapter, driver
from ingot.sources.database.address import SQL_SERVER
from ingot.sources.database.entry import Entry, read_entry
from ingot.sources.database.needed import needed

_WAITS_S = (1, 2, 4, 8, 16, 30)


class Source:
    """Tables of a database. Each is landed when it has new rows, or as a whole when its content differs."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self.entry = read_entry(spec)

    def needed(self, records: Sequence[LandingRecord]) -> Mapping[str, str]:
        """See `NeedsLanded`: rows that the next run reads again are compared with those that landed."""
        rules = [each.rule for each in (*self.entry.patterns, *self.entry.queries)]
        names = needed(records, [rule.lookback for rule in rules])
        return dict.fromkeys(names, "rows from their cursors on are read again, and compared with them")

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. What one attempt has landed is not read again by the next."""
        driver("pyarrow", "pyarrow", self.entry.address.kind)
        from ingot.sources.database.crew import Crew  # needs pyarrow, which an entry alone does not

        adapter = _adapter(self.entry)
        with context.landing.open(self._spec.name) as files:
            crew = Crew(self._spec.name, self.entry, adapter, files, context)
            for attempt in range(self.entry.retries + 1):
                try:
                    crew.work()
                    break
                except IngotError as error:
                    if error.code not in TRANSIENT or attempt == self.entry.retries:
                        raise error.at(self._spec.location) from error.__cause__
                    (context.wait or Event().wait)(_WAITS_S[min(attempt, len(_WAITS_S) - 1)])
            return crew.result(self._spec.location)


def _adapter(entry: Entry) -> Adapter:
    """The adapter of the entry's database; its driver is imported when it connects."""
    if entry.address.kind == "postgresql":
        from ingot.sources.database.postgresql import PostgreSQL

        return PostgreSQL(entry.address, entry.password, entry.timeout_s)
    if entry.address.kind == "mysql":
        from ingot.sources.database.mysql import MySQL

        return MySQL(entry.address, entry.password, entry.timeout_s)
    if entry.address.kind == SQL_SERVER:
        from ingot.sources.database.mssql import SQLServer

        return SQLServer(entry.address, entry.password, entry.timeout_s, entry.is_consistent)
    from ingot.sources.database.sqlite import SQLite

    return SQLite(entry.address, entry.timeout_s)

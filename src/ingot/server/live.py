"""What has changed, told to every page that is open: versions of tables, events of the running update.

One thread looks once a second, however many pages are open. A page that does not keep up misses nothing that lasts:
its stream ends, it asks anew, and is told how things are. Never looks into a table.
"""

from __future__ import annotations


class Live:
    """Looks, and tells."""

    def close(self) -> None:
        """End all streams."""

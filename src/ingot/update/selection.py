"""What an update is asked to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Names are as the user wrote them; empty `refresh` means everything."""

    refresh: tuple[str, ...] = ()
    full_refresh: tuple[str, ...] = ()
    full_refresh_all: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether it is the plain update: all datasets, nothing reset."""
        return self == Selection()

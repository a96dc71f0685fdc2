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

    def details(self) -> dict[str, object]:
        """As the event log tells it."""
        return {
            "refresh_selection": list(self.refresh), "full_refresh_selection": list(self.full_refresh),
            "full_refresh": self.full_refresh_all,
        }  # fmt: skip

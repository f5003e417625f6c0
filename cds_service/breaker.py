"""A circuit breaker: after several failures in a row, leave a server alone for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _now() -> datetime:
    return datetime.now(UTC)


class Breaker:
    """Opens after `failures` in a row, for `pause`; then one attempt decides whether it opens again."""

    def __init__(
        self,
        *,
        failures: int = 3,
        pause: timedelta = timedelta(seconds=30),
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._most = failures
        self._pause = pause
        self._now = now
        self._failed = 0
        self._until: datetime | None = None

    @property
    def open_until(self) -> datetime | None:
        """When the next attempt may be made; `None` where it may be made now."""
        return self._until if self._until is not None and self._until > self._now() else None

    def succeeded(self) -> None:
        """The server answered."""
        self._failed, self._until = 0, None

    def failed(self) -> None:
        """The server did not answer."""
        self._failed += 1
        if self._failed >= self._most:
            self._until = self._now() + self._pause

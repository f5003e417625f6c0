"""The circuit breaker: it opens after failures in a row, and one attempt decides what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cds_service.breaker import Breaker


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time that was set."""
        return self.time


def test_it_opens_after_failures_in_a_row_and_closes_with_a_success() -> None:
    """A success in between starts the count anew; after the pause, one more failure opens it again."""
    clock = Clock()
    breaker = Breaker(failures=2, pause=timedelta(seconds=30), now=clock)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.open_until is None
    breaker.failed()
    assert breaker.open_until == clock.time + timedelta(seconds=30)
    clock.time += timedelta(seconds=31)
    assert breaker.open_until is None
    breaker.failed()
    assert breaker.open_until is not None
    breaker.succeeded()
    assert breaker.open_until is None

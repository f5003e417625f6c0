"""A rate that all processes of a machine keep together: the next free moment stands in a locked file.

An index counts requests by address, and every worker of a machine has the same one. So a request first takes
its moment from the file: each taker moves it on by one interval and sleeps until its own.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SPARE: Final = 1.1
"""Requests leave a little farther apart than the rate asks, since the network brings them closer together."""

LONGEST_HOLD_S: Final = 120.0
_FARTHEST_S: Final = 600.0
"""A moment farther off than waiting workers can have moved it is from a clock that has been set back."""

_WIDTH: Final = 24


class RateLimit:
    """At most so many requests a second, over all that use the same file; safe between threads.

    `clock` must tell the same time in every process of the machine, as the system's own does.
    """

    def __init__(
        self,
        file: Path,
        per_second: float,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file = file
        self._interval = _SPARE / per_second
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> None:
        """Take the next free moment and sleep until it has come.

        Raises:
            OSError: The file cannot be written.
        """
        with self._locked() as file:
            now = self._clock()
            moment = max(now, self._next(file, now))
            self._write(file, moment + self._interval)
        if moment > now:
            self._sleep(moment - now)

    def hold(self, seconds: float) -> None:
        """Let nobody send for so long, two minutes at most: the index asked for a pause.

        Raises:
            OSError: The file cannot be written.
        """
        with self._locked() as file:
            now = self._clock()
            self._write(file, max(self._next(file, now), now + min(seconds, LONGEST_HOLD_S)))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    @staticmethod
    def _next(file: int, now: float) -> float:
        try:
            moment = float(os.pread(file, _WIDTH, 0))
        except ValueError:
            return now
        return moment if moment < now + _FARTHEST_S else now

    @staticmethod
    def _write(file: int, moment: float) -> None:
        # one write of a constant length: a process that is killed leaves the old moment or the new one
        os.pwrite(file, f"{moment:{_WIDTH}.6f}".encode(), 0)

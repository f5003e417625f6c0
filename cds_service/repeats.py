"""What was just answered: an EHR fires a hook again and again while nothing has changed.

A rating is kept under a digest of the orders and the chart that it was made from. What is kept is
de-identified (cases and assessments), in memory only, and for minutes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Kept = TypeVar("Kept")
SECONDS: Final = 600.0
MOST: Final = 512


class Repeats(Generic[Kept]):
    """The newest results by digest; safe to share between threads."""

    def __init__(
        self, *, most: int = MOST, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, Kept]] = OrderedDict()
        self._lock = Lock()

    def recall(self, digest: bytes, make: Callable[[], Kept]) -> Kept:
        """The result kept under the digest, if it is not too old; else what `make` gives, kept from now."""
        now = self._clock()
        with self._lock:
            found = self._kept.get(digest)
            if found is not None and now - found[0] < self._seconds:
                self._kept.move_to_end(digest)
                return found[1]
        made = make()
        with self._lock:
            self._kept[digest] = (now, made)
            self._kept.move_to_end(digest)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

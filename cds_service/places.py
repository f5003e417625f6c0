"""A few places that all workers of a service share: who finds none free goes on without."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Places:
    """So many places under a name on this machine, held as file locks: a process that dies gives it back."""

    def __init__(self, name: str, count: int) -> None:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        self._paths = tuple(
            Path(tempfile.gettempdir()) / f"apposite-{digest}-{number}.lock" for number in range(count)
        )

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Hold a place for the time of the block, if one is free; whether it was."""
        with ExitStack() as stack:
            yield any(self._taken(path, stack) for path in self._paths)

    @staticmethod
    def _taken(path: Path, stack: ExitStack) -> bool:
        lock = stack.enter_context(path.open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

"""The queue between the hook and the background worker: huey, in a SQLite file or on Redis.

A message holds a task's name, and the key of a review, as JSON: nothing of a patient's, nothing that can run.
A message that is lost costs time only, because the worker sweeps the tables, where the work stands.
"""

from __future__ import annotations

import json
import sqlite3
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from huey import RedisHuey, SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer
from redis import RedisError
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "apposite"
SQLITE: Final = "sqlite:///"


class JSONSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON; huey's own way is pickle, which runs what it reads."""

    @override
    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    @override
    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class Queue:
    """Keys of reviews in line for the worker, in any process; `serve` is the worker's side.

    The connection is opened at the first use, so that processes forked before it share none.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._line: _Line | None = None

    def put(self, key: str) -> bool:
        """Put a review in line; False where the queue cannot be reached, and the sweep must find it."""
        return self._told(lambda: self._opened().review(key))

    def put_search(self) -> bool:
        """Tell the worker that a search of the literature waits; False as for `put`."""
        return self._told(lambda: self._opened().search())

    def serve(
        self,
        work: Callable[[str], None],
        sweep: Callable[[], None],
        search: Callable[[], None],
        *,
        ready: Callable[[], None],
    ) -> None:
        """Do the work in line, one piece after the other, and sweep each minute, until a signal ends it.

        `ready` is called as soon as a signal would end it, also where the caller ignored interrupts.
        """
        line = self._opened()
        line.on_review, line.on_sweep, line.on_search = work, sweep, search
        consumer = line.huey.create_consumer(workers=1, periodic=True, initial_delay=0.02, max_delay=0.1)
        consumer._set_signal_handlers()  # noqa: SLF001 - a signal that comes before it runs ends it too
        ready()
        sweep()
        consumer.run()

    @staticmethod
    def _told(send: Callable[[], object]) -> bool:
        try:
            send()
        except (sqlite3.Error, RedisError):
            return False
        return True

    def _opened(self) -> _Line:
        with self._lock:
            if self._line is None:
                self._line = _Line(self._url)
            return self._line


class _Line:
    """The tasks of one connection; what they do is set by the worker alone."""

    def __init__(self, url: str) -> None:
        self.huey = _open(url)
        self.on_review: Callable[[str], None] | None = None
        self.on_search: Callable[[], None] | None = None
        self.on_sweep: Callable[[], None] | None = None

        @self.huey.task(name="review")  # type: ignore[untyped-decorator]
        def review(key: str) -> None:
            if self.on_review:
                self.on_review(key)

        @self.huey.task(name="search")  # type: ignore[untyped-decorator]
        def search() -> None:
            if self.on_search:
                self.on_search()

        @self.huey.periodic_task(crontab(), name="sweep")  # type: ignore[untyped-decorator]
        def sweep() -> None:
            if self.on_sweep:
                self.on_sweep()

        self.review, self.search = review, search


def _open(url: str) -> Any:
    if url.startswith(SQLITE):
        filename = url.removeprefix(SQLITE)
        return SqliteHuey(NAME, filename=filename, results=False, serializer=JSONSerializer(), timeout=1)
    return RedisHuey(NAME, url=url, results=False, serializer=JSONSerializer())

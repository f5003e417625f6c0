"""HTTP that ends when its time is up, whatever the server does.

The timeouts of requests bound the wait for the next byte, so a server that sends one byte at a time holds a
caller for ever. Here a timer shuts the connection itself, before, during or after the headers. Looking up a
host's name is the one step that cannot be broken off.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator

_here = threading.local()


class _Exchange:
    """One request and its reply: the socket that they use, until they are over or out of time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._late = False

    def use(self, used: socket.socket | None) -> None:
        with self._lock:
            self._socket = used
            if self._late:
                raise TimeoutError("the time for this exchange is up")

    def end(self) -> None:
        """The time is up: whoever reads from the connection gets no more."""
        with self._lock:
            self._late = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """The exchange is over; its connection may serve another."""
        with self._lock:
            self._socket = None


@contextmanager
def ends_after(seconds: float) -> Iterator[None]:
    """Whatever this thread asks by a `DeadlineAdapter` in this block is cut off after so many seconds."""
    exchange = _Exchange()
    timer = threading.Timer(seconds, exchange.end)
    timer.daemon = True
    _here.exchange = exchange
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        exchange.leave()
        _here.exchange = None


class _Watched(HTTPConnection):
    """A connection that the block it is used in can shut."""

    def connect(self) -> None:
        super().connect()
        _watch(self)

    def request(self, *arguments: Any, **named: Any) -> None:
        _watch(self)
        super().request(*arguments, **named)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same under TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class DeadlineAdapter(HTTPAdapter):
    """The transport that `ends_after` has power over."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make the pools, of connections that can be shut."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}


def _watch(connection: HTTPConnection) -> None:
    exchange: _Exchange | None = getattr(_here, "exchange", None)
    if exchange is not None:
        exchange.use(connection.sock)

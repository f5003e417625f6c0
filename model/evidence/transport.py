"""How an index is asked over HTTP: within a time and a size, at its own pace, and again if it is busy.

What is asked goes in the body of a POST, so that neither a query nor a key stands in any log of addresses.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import requests
import urllib3

from model.evidence.search import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from model.evidence.rate_limit import RateLimit

T = TypeVar("T")

_OK: Final = 200
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_PIECE: Final = 65_536


class Transport(Protocol):
    """The seam between an index and the network."""

    def post(self, path: str, fields: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of the reply; a reply that it refuses with a `ProviderError` is asked for again.

        Raises:
            ProviderError: No usable reply.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may cost: seconds, bytes and attempts.

    `whole_s` holds for all attempts and pauses together. `longest_pause_s` is how long a server that is busy
    may make us wait; one that asks for more is not asked again.
    """

    connect_s: float = 5.0
    read_s: float = 30.0
    whole_s: float = 180.0
    largest_reply: int = 20_000_000
    attempts: int = 4
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0


class HttpTransport:
    """The real transport; `provider` names the index in errors, which say nothing of what was sent.

    Proxies of the environment are used, since a hospital's network often has no other way out.
    """

    def __init__(  # noqa: PLR0913 - what a test needs to hold still is handed in
        self,
        provider: str,
        base_url: str,
        rate: RateLimit,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._provider = provider
        self._url = base_url.rstrip("/")
        self._rate = rate
        self._limits = limits or Limits()
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._chance = chance
        self._session = requests.Session()
        self._session.auth = _unchanged
        self._session.headers["User-Agent"] = "apposite"

    def post(self, path: str, fields: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of the reply (see `Transport`)."""
        ends = self._clock() + self._limits.whole_s
        for attempt in range(self._limits.attempts):
            try:
                return read(self._once(path, fields, ends))
            except _BusyError as busy:
                pause = self._pause(attempt, busy.retry_after_s)
                last: ProviderError = busy
            except ProviderError as error:
                if isinstance(error, _FinalError):
                    raise
                pause, last = self._pause(attempt, None), error
            if attempt + 1 == self._limits.attempts or pause is None or self._clock() + pause >= ends:
                raise last
            self._sleep(pause)
        raise ProviderError(f"{self._provider}: no attempt is allowed")

    def _pause(self, attempt: int, retry_after_s: float | None) -> float | None:
        """Seconds until the next attempt, at random up to a bound that doubles; `None` if it is too long."""
        limits = self._limits
        jitter = self._chance() * min(limits.longest_pause_s, limits.first_pause_s * (1 << attempt))
        if retry_after_s is None:
            return jitter
        if retry_after_s > limits.longest_pause_s:
            return None
        self._kept(lambda: self._rate.hold(retry_after_s))
        return retry_after_s + jitter

    def _once(self, path: str, fields: Mapping[str, str], ends: float) -> bytes:
        self._kept(self._rate.wait)
        limits = self._limits
        left = ends - self._clock()
        if left <= 0:
            raise self._final("takes longer than allowed")
        try:
            with self._session.post(
                f"{self._url}/{path}",
                data=fields,
                timeout=(min(limits.connect_s, left), min(limits.read_s, left)),
                allow_redirects=False,
                stream=True,
            ) as reply:
                if reply.status_code in _BUSY:
                    raise _BusyError(
                        f"{self._provider}: HTTP {reply.status_code}", self._retry_after_s(reply.headers)
                    )
                if reply.status_code != _OK:
                    raise self._final(f"HTTP {reply.status_code}")
                return self._body(reply, ends)
        except requests.Timeout:
            raise ProviderError(f"{self._provider}: no answer in time") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            raise ProviderError(f"{self._provider}: the connection failed or the reply was cut off") from None

    def _body(self, reply: requests.Response, ends: float) -> bytes:
        """The whole body; what has come so far is looked at piece by piece, as a slow server sends it."""
        read = bytearray()
        while piece := reply.raw.read1(_PIECE, decode_content=True):
            read += piece
            if len(read) > self._limits.largest_reply:
                raise self._final("the reply is too large")
            if self._clock() > ends:
                raise self._final("takes longer than allowed")
        return bytes(read)

    def _retry_after_s(self, headers: Mapping[str, str]) -> float | None:
        written = headers.get("Retry-After", "").strip()
        if written.isascii() and written.isdigit():
            return float(written)
        try:
            return max(0.0, parsedate_to_datetime(written).timestamp() - self._now())
        except (ValueError, OverflowError, OSError):
            return None

    def _kept(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError:
            raise self._final("the file of its rate limit cannot be written") from None

    def _final(self, rule: str) -> _FinalError:
        return _FinalError(f"{self._provider}: {rule}")


class _BusyError(ProviderError):
    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class _FinalError(ProviderError):
    """An error that another attempt would meet again."""


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials; without this, requests would look for some in the user's .netrc."""
    return request

"""Links to companion pages: each names one card and the moment at which it expires, and is signed.

Whoever has the link may read the page; without the key nobody can make one, or change one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from itsdangerous import BadSignature, Signer

if TYPE_CHECKING:
    from collections.abc import Callable

PATH: Final = "/companion"
PARAMETER: Final = "link"
"""The token is a query parameter: most logs and metrics keep paths, and many leave queries out."""
LONGEST: Final = 200
_SALT: Final = "apposite companion page"
_SIGNED: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,12})")


class LinkError(Exception):
    """The link was not made here, or was changed."""


class LinkExpiredError(Exception):
    """The link was made here, and its time is over."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links and reads them, with one key; `lifetime` is how long a link can be opened."""

    base_url: str
    key: str = field(repr=False)
    lifetime: timedelta
    clock: Callable[[], datetime] = _now

    def expiry(self) -> datetime:
        """When a link that is made now expires."""
        return self.clock() + self.lifetime

    def url(self, card: str) -> str:
        """The address of a card's page, from now on for the lifetime."""
        signed = self._signer().sign(f"{card}.{int(self.expiry().timestamp())}").decode("ascii")
        return f"{self.base_url}{PATH}?{PARAMETER}={signed}"

    def card_of(self, token: str) -> str:
        """The card that a link's token names. The signature is compared in constant time.

        Raises:
            LinkError: The token was not made with this key.
            LinkExpiredError: It was, and its time is over.
        """
        if len(token) > LONGEST:
            raise LinkError
        try:
            said = self._signer().unsign(token).decode("ascii")
        except (BadSignature, UnicodeError) as error:
            raise LinkError from error
        signed = _SIGNED.fullmatch(said)
        if signed is None:
            raise LinkError
        if self.clock().timestamp() >= int(signed[2]):
            raise LinkExpiredError
        return signed[1]

    def _signer(self) -> Signer:
        return Signer(self.key, _SALT, key_derivation="hmac", digest_method=hashlib.sha256)

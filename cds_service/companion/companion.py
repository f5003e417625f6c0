"""What the hooks need of companion pages: to keep them, and to make links to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cds_service.companion.key import kept_key
from cds_service.companion.links import Links
from cds_service.companion.page import prepare
from cds_service.companion.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

    from cds_service.render import Answer
    from cds_service.settings import Settings


@dataclass(frozen=True, slots=True)
class Companion:
    """The links and the pages of an installation that has a public address."""

    links: Links
    pages: Pages

    def writing(self, answers: Sequence[Answer]) -> Callable[[Connection], None]:
        """What keeps the pages of the answers, in the transaction that records the consultations."""
        self.pages.sweep()
        expires_at = self.links.expiry()

        def write(connection: Connection) -> None:
            self.pages.write(connection, answers, expires_at)

        return write


def open_companion(settings: Settings, engine: Engine) -> Companion | None:
    """The companion pages of an installation; `None` where it has no public address for links.

    Raises:
        StoreUnavailableError: The database, which keeps the key if none is set, does not answer.
    """
    if not settings.base_url:
        return None
    prepare()
    key = settings.link_key.get_secret_value() or kept_key(engine)
    links = Links(settings.base_url, key, timedelta(minutes=settings.link_minutes))
    return Companion(links, Pages(engine))

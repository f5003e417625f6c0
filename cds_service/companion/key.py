"""The key of an installation's links: the one that is set, else a random one that the database keeps.

All workers and machines behind one database share it, and links outlive a restart. Who can read the database
can read every consultation without a link, so the key gives away nothing there.
"""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Column, Engine, Integer, String, Table, select

from cds_service.consults import INSERTS, metadata
from cds_service.transaction import transaction

companion_key: Final = Table(
    "companion_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
)
_ONLY: Final = 1


def kept_key(engine: Engine) -> str:
    """The key that the database keeps; the first who asks makes it.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    row = {"id": _ONLY, "key": secrets.token_urlsafe(32)}
    made = INSERTS[engine.dialect.name](companion_key).values(row).on_conflict_do_nothing()
    with transaction(engine) as connection:
        connection.execute(made)
        key: str = connection.execute(
            select(companion_key.c.key).where(companion_key.c.id == _ONLY)
        ).scalar_one()
    return key

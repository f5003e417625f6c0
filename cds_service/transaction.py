"""A transaction whose every failure has one name, and moments with their zone."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from cds_service.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All that is done on the connection in the block, or nothing of it.

    Raises:
        StoreUnavailableError: The database did not take it.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreUnavailableError from error


def aware(moment: datetime) -> datetime:
    """The moment with its zone, which SQLite does not give back."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""A database of a test's own on a real PostgreSQL, and what a test asks of a database."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from cds_service.evidence_tables import paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

SERVER = os.environ.get("APPOSITE_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database, dropped afterwards; skips the test where no server answers, except in CI."""
    name = f"apposite_test_{uuid4().hex[:12]}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL answers; start one or set APPOSITE_TEST_POSTGRESQL")
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def paper_count(engine: Engine) -> int:
    """How many papers the evidence store of a database has."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(paper)).scalar_one()

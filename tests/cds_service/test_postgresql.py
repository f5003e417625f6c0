"""The consultation store on a real PostgreSQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from cds_service.services import open_services
from cds_service.settings import Settings
from tests.fakes import LOW_BACK_PAIN, SELECT, call, make_client, order

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = os.environ.get("APPOSITE_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of a database of its own, dropped afterwards."""
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


def test_consultations_and_feedback_are_kept(database: str) -> None:
    """Migrated twice, asked and answered, told twice what became of the card: each stored once."""
    settings = Settings(database_url=database)
    open_services(settings)
    client = make_client(open_services(settings))
    card = client.post(SELECT, json=call(order("72133", LOW_BACK_PAIN))).json["cards"][0]["uuid"]
    outcome = {"card": card, "outcome": "accepted", "outcomeTimestamp": "2026-05-01T10:00:00Z"}
    for _ in range(2):
        reply = client.post(f"{SELECT}/feedback", json={"feedback": [outcome]})
        assert reply.json == {"received": 1, "known": 1}
    engine = create_engine(database)
    with engine.connect() as connection:
        for table in ("consult", "feedback"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1  # noqa: S608
    engine.dispose()
    client.application.extensions["apposite"].consults.close()

"""The consultation store on a real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from cds_service.services import open_services
from cds_service.settings import Settings
from tests.cds_service.databases import postgresql
from tests.fakes import LOW_BACK_PAIN, SELECT, call, make_client, order

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of a database of its own, dropped afterwards."""
    with postgresql() as url:
        yield url


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

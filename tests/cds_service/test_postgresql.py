"""The consultation store on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from cds_service.services import open_services
from cds_service.settings import Settings
from model.guideline.imported_table import read_table
from model.guideline.releases import Releases
from tests.cds_service.companion.reading import opened
from tests.cds_service.databases import postgresql
from tests.fakes import LOW_BACK_PAIN, SELECT, call, make_client, order
from tests.licensed import table, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_an_answer_by_a_licensed_guideline_is_kept_and_shown(database: str, tmp_path: Path) -> None:
    """The version of two libraries and a topic's long title have room, and the page behind the card opens until it is swept."""
    row = [f"Ingrown nail{' or toe' * 10}", "1", "Adult. Ingrown nail of the great toe.", "Radiography foot"]
    rated = [*row, "Usually not appropriate", "", "☢", "adult", "2024"]
    Releases(tmp_path / "held").keep(read_table(written(tmp_path, table([rated]))), date(2026, 1, 1))
    services = open_services(
        Settings(
            database_url=database, guidelines=str(tmp_path / "held"), base_url="https://apposite.example"
        )
    )
    asked = order("73630", reasonCode=[{"text": "ingrown nail of the great toe"}])
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-05-05"}
    reply = make_client(services).post(SELECT, json=call(asked, prefetch={"patient": patient}))
    assert reply.status_code == 200
    card = reply.json["cards"][0]
    assert "Adult. Ingrown nail of the great toe." in opened(services, card).text
    assert services.companion
    services.companion.pages.forget(datetime.now(UTC) + timedelta(days=1))
    assert opened(services, card).status_code == 410
    services.consults.close()

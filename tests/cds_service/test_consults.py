"""The consultation store: what is kept, what is not, and feedback."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from cds_service.consults import metadata, open_engine
from cds_service.schema import HEAD, migrate
from tests.fakes import HEADACHE, LOW_BACK_PAIN, SELECT, call, make_client, order, with_assess

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from model.assessment import Assessment
    from model.case import ImagingCase

CARD = "f6b95768-b1c8-40dc-8385-bf3504b82ffb"


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(folder / "test.db")
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 - our own names
    connection.close()
    return found


def outcome(card: str = CARD, **members: Any) -> dict[str, Any]:
    return {"card": card, "outcome": "accepted", "outcomeTimestamp": "2026-05-01T10:00:00Z", **members}


def give(client: FlaskClient, *outcomes: dict[str, Any]) -> Any:
    return client.post(SELECT + "/feedback", json={"feedback": list(outcomes)})


def test_answer_is_recorded(client: FlaskClient, tmp_path: Path) -> None:
    """Each rated order leaves one consultation with its rating, and each card its uuid."""
    reply = client.post(SELECT, json=call(order("72133", LOW_BACK_PAIN))).json
    consult = rows(tmp_path, "consult")[0]
    assert consult["rating"] == "usually-not-appropriate"
    assert consult["procedure"] == "ct-lumbar-spine-wwo"
    assert consult["criteria_version"]
    extensions = reply["systemActions"][0]["resource"]["extension"]
    assert consult["consult_id"] == next(
        each["valueUri"] for each in extensions if "consult-id" in each["url"]
    )
    assert consult["card"] == reply["cards"][0]["uuid"]


def test_unrated_answer_is_recorded_too(client: FlaskClient, tmp_path: Path) -> None:
    """That more information was needed is on record as well."""
    client.post(SELECT, json=call(order("70450", HEADACHE)))
    consult = rows(tmp_path, "consult")[0]
    assert (consult["outcome"], consult["rating"]) == ("not-enough-information", None)


def test_long_id_of_an_imported_topic_is_kept_whole(client: FlaskClient, tmp_path: Path) -> None:
    """Such an id is made of the topic's whole title; no database cuts or refuses it."""
    services = client.application.extensions["apposite"]

    def judge(case: ImagingCase) -> Assessment:
        said = services.assess(case)
        return replace(said, scenarios=(replace(said.scenarios[0], topic="t" * 77),), fits=True)

    make_client(with_assess(services, judge)).post(SELECT, json=call(order("72133", LOW_BACK_PAIN)))
    assert rows(tmp_path, "consult")[0]["topic"] == "t" * 77


def test_nothing_of_the_patient_is_recorded(client: FlaskClient, tmp_path: Path) -> None:
    """Names, ids, dates and words of a request are in no column."""
    marker = "MARKER"
    asked = order(
        "72133",
        LOW_BACK_PAIN,
        note=[{"text": marker}],
        subject={"reference": "Patient/p1", "display": marker},
        identifier=[{"value": marker}],
    )
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": marker}], "birthDate": "1950-02-03"}
    client.post(SELECT, json=call(asked, prefetch={"patient": patient}))
    comment = {"userComment": marker, "reason": {"code": "patient-refuses"}}
    give(client, outcome(outcome="overridden", overrideReason=comment))
    stored = json.dumps([rows(tmp_path, table) for table in ("consult", "feedback")])
    assert marker not in stored
    assert "1950-02" not in stored  # the year alone may stand in a uuid or a time


def test_same_order_has_the_same_hash(client: FlaskClient, tmp_path: Path) -> None:
    """Firing an order again gives the same digest; another reason gives another."""
    for reasons in ([LOW_BACK_PAIN], [LOW_BACK_PAIN], [HEADACHE]):
        client.post(SELECT, json=call(order("72133", *reasons)))
    hashes = [row["order_hash"] for row in rows(tmp_path, "consult")]
    assert hashes[0] == hashes[1] != hashes[2]


def test_feedback_is_joined_to_its_card(client: FlaskClient, tmp_path: Path) -> None:
    """A card of ours is known; one that nobody made is stored and counted as unknown."""
    card = client.post(SELECT, json=call(order("72133", LOW_BACK_PAIN))).json["cards"][0]["uuid"]
    reply = give(client, outcome(card), outcome())
    assert (reply.status_code, reply.json) == (200, {"received": 2, "known": 1})
    assert {row["card"] for row in rows(tmp_path, "feedback")} == {card, CARD}


def test_feedback_is_idempotent(client: FlaskClient, tmp_path: Path) -> None:
    """Sent twice it is stored once; a later outcome replaces an earlier one, not the other way round."""
    later = outcome(
        outcome="overridden",
        outcomeTimestamp="2026-05-01T11:00:00Z",
        overrideReason={"reason": {"code": "patient-refuses"}},
    )
    for sent in (outcome(), outcome(), later, outcome()):
        assert give(client, sent).status_code == 200
    stored = rows(tmp_path, "feedback")
    assert [(row["outcome"], row["reason_code"]) for row in stored] == [("overridden", "patient-refuses")]


def test_accepted_suggestion_is_stored(client: FlaskClient, tmp_path: Path) -> None:
    """Which suggestion was taken is on record."""
    give(client, outcome(acceptedSuggestions=[{"id": "s-1"}]))
    assert rows(tmp_path, "feedback")[0]["accepted_suggestions"] == "s-1"


@pytest.mark.parametrize(
    ("broken", "element"),
    [
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        ({"card": ""}, "feedback[0].card"),
        ({"acceptedSuggestions": {}}, "feedback[0].acceptedSuggestions"),
        ({"overrideReason": {"reason": {}}}, "feedback[0].overrideReason.reason.code"),
    ],
)
def test_broken_feedback_is_refused(client: FlaskClient, broken: dict[str, Any], element: str) -> None:
    """A broken item gets a 400 that names it, and nothing is stored."""
    reply = give(client, outcome(**broken))
    assert reply.status_code == 400
    assert reply.json["issue"][0]["expression"] == [element]


def test_bare_outcome_is_refused(client: FlaskClient) -> None:
    """Feedback is an array under `feedback`, as the specification has it."""
    reply = client.post(SELECT + "/feedback", json=outcome())
    assert reply.status_code == 400
    assert reply.json["issue"][0]["expression"] == ["feedback"]


def test_migrations_make_the_tables_the_code_uses(tmp_path: Path) -> None:
    """The migrated schema has every table and column of the code, and migrating again changes nothing."""
    engine = open_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    migrate(engine)
    migrate(engine)
    found = inspect(engine)
    for table in metadata.tables.values():
        assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD
    engine.dispose()


def test_a_moment_that_utc_does_not_have_is_refused(client: FlaskClient) -> None:
    """The first minutes of the year 1, further east, lie before the calendar: a bad request, not a failure."""
    outcome = {"card": "c", "outcome": "accepted", "outcomeTimestamp": "0001-01-01T00:00:00+00:13"}
    reply = client.post(f"{SELECT}/feedback", json={"feedback": [outcome]})
    assert reply.status_code == 400
    assert "outcomeTimestamp" in reply.get_data(as_text=True)

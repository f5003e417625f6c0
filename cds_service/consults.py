"""The consultation store: what was asked, what was answered, and what became of it.

A consultation holds ids, codes of our own and timings; never a name, a date of birth or a sentence. An
override's comment is free text about a patient and is not stored, only that there was one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import simplejson
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from cds_service.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from cds_service.hooks.call import OrderCall
    from cds_service.protocol import Feedback, Outcome
    from cds_service.render import Answer
    from chart.resource import Resource

metadata: Final = MetaData()

consult: Final = Table(
    "consult",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("consult_id", String(45), nullable=False, index=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("hook", String(32), nullable=False),
    Column("hook_instance", String(256), nullable=False),
    Column("order_hash", String(64), nullable=False),
    Column("procedure", String(128), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("source", String(16), nullable=False),
    Column("rating", String(32)),
    Column("topic", Text),
    Column("variant", String(64)),
    Column("criteria_version", String(64), nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("card", String(36), unique=True),
    Column("opinion", String(32)),
    Column("opinion_by", String(32)),
    Column("confidence", Float),
    Column("rater", String(64)),
    Column("model", String(256)),
    Column("adapter", String(256)),
    Column("prompt", String(64)),
    Column("evidence", String(10)),
    Column("seed", Integer),
    Column("papers", JSON(none_as_null=True)),
)
feedback: Final = Table(
    "feedback",
    metadata,
    Column("card", String(256), primary_key=True),
    Column("service", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("accepted_suggestions", String(4096)),
    Column("reason_system", String(256)),
    Column("reason_code", String(256)),
    Column("commented", Boolean, nullable=False),
    Column("outcome_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)

INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_RECORD: Final = insert(consult).inline()
_CANONICAL: Final = simplejson.JSONEncoder(use_decimal=True, sort_keys=True, default=str)
_CHECKPOINT_PAGES: Final = 16_384
"""SQLite moves its log into the database, and waits for the disk, after 64 MB instead of 4."""
_HASHED: Final = ("id", "code", "reasonCode", "reasonReference")


class Consults:
    """The store behind one database; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self,
        call: OrderCall,
        answers: Sequence[Answer],
        milliseconds: int,
        *,
        beside: Callable[[Connection], None] | None = None,
    ) -> None:
        """Store the answers of one call, and the cards that were made of them, all or none.

        `beside` writes what belongs to them in the same transaction.

        Raises:
            StoreUnavailableError: The database did not take them.
        """
        if not answers:
            return
        now = datetime.now(UTC)
        try:
            with self._engine.begin() as connection:
                for answer in answers:
                    connection.execute(_RECORD, _consult_row(call, answer, now, milliseconds))
                if beside is not None:
                    beside(connection)
        except SQLAlchemyError as error:
            raise StoreUnavailableError from error

    def give_feedback(self, service: str, given: Feedback) -> int:
        """Store what became of cards; a later outcome replaces an earlier one. Returns how many are known.

        Raises:
            StoreUnavailableError: The database did not take them.
        """
        now = datetime.now(UTC)
        rows = [_feedback_row(service, outcome, now) for outcome in given.feedback]
        upsert = INSERTS[self._engine.dialect.name](feedback)
        changes = {
            column.name: upsert.excluded[column.name] for column in feedback.c if not column.primary_key
        }
        statement = upsert.on_conflict_do_update(
            index_elements=[feedback.c.card],
            set_=changes,
            where=feedback.c.outcome_at <= upsert.excluded.outcome_at,
        )
        try:
            with self._engine.begin() as connection:
                for row in rows:
                    connection.execute(statement, row)
                named = [row["card"] for row in rows]
                return len(connection.execute(select(consult.c.id).where(consult.c.card.in_(named))).all())
        except SQLAlchemyError as error:
            raise StoreUnavailableError from error

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def ready(self) -> bool:
        """Whether the store answers."""
        try:
            with self._engine.connect() as connection:
                connection.execute(select(consult.c.id).limit(1))
        except SQLAlchemyError:
            return False
        return True


def open_engine(url: str) -> Engine:
    """The database of a URL; SQLite waits for other workers and writes ahead (WAL)."""
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _tune(connection: Any, _: object) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=5000")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    return engine


def order_hash(order: Resource) -> str:
    """A digest of what is ordered and why: equal for an order fired again unchanged."""
    content = {member: order.original.get(member) for member in _HASHED}
    text = _CANONICAL.encode(content)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _consult_row(call: OrderCall, answer: Answer, now: datetime, milliseconds: int) -> dict[str, Any]:
    assessment = answer.assessment
    scenario = assessment.scenarios[0] if assessment.fits else None
    opinion, provenance = assessment.opinion, assessment.provenance
    return {
        "consult_id": answer.consult_id,
        "asked_at": now,
        "hook": call.hook,
        "hook_instance": call.hook_instance,
        "order_hash": order_hash(answer.order),
        "procedure": assessment.procedure or answer.case.procedures[0],
        "outcome": assessment.outcome.value,
        "source": assessment.source.value,
        "rating": assessment.rating.value if assessment.rating else None,
        "topic": scenario.topic if scenario else None,
        "variant": scenario.variant if scenario else None,
        "criteria_version": provenance.criteria,
        "milliseconds": milliseconds,
        "card": answer.card_id,
        "opinion": opinion.rating.value if opinion else None,
        "opinion_by": opinion.by if opinion else None,
        "confidence": opinion.confidence if opinion else None,
        "rater": provenance.rater,
        "model": provenance.model,
        "adapter": provenance.adapter,
        "prompt": provenance.prompt,
        "evidence": provenance.evidence,
        "seed": provenance.seed,
        "papers": _papers(answer),
    }


def _papers(answer: Answer) -> list[str | None] | None:
    """The ids of the papers that the card cites; `None` where there is no card or it cites none."""
    cited = [each.id for each in answer.assessment.literature] if answer.card_id else []
    return cited or None


def _feedback_row(service: str, outcome: Outcome, now: datetime) -> dict[str, Any]:
    override = outcome.overrideReason
    reason = override.reason if override else None
    accepted = outcome.acceptedSuggestions or ()
    return {
        "card": outcome.card,
        "service": service,
        "outcome": outcome.outcome,
        "accepted_suggestions": ",".join(each.id for each in accepted)[:4096] or None,
        "reason_system": reason.system if reason else None,
        "reason_code": reason.code if reason else None,
        "commented": bool(override and override.userComment),
        "outcome_at": outcome.outcomeTimestamp.astimezone(UTC),
        "received_at": now,
    }

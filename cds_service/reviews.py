"""Reviews by the language model: which were asked for, which run, and what came of them.

A review is known by a digest of the de-identified case, so the same question is worked on once, whoever asks
and however often. The case is kept until the review ends, the result for thirty days; neither tells who the
patient is. Which order asked is kept as a digest, so that a newer wording replaces an older one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, DateTime, Float, Integer, String, Table, Text, delete, func, select, update

from cds_service.consults import INSERTS, metadata
from cds_service.transaction import aware, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Engine

review: Final = Table(
    "review",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("order_key", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("work", Text),
    Column("result", Text),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("began_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
worker: Final = Table(
    "worker",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("paused_until", DateTime(timezone=True)),
    Column("usual_seconds", Float),
    Column("searches_paused_until", DateTime(timezone=True)),
)

ALIVE: Final = timedelta(seconds=15)
"""A worker that was seen this recently is taken to be there."""
RETRY: Final = timedelta(minutes=1)
"""A review that failed is asked for anew after this time."""
ABANDONED: Final = timedelta(minutes=5)
"""A review that has run this long belonged to a worker that is gone."""
KEPT: Final = timedelta(days=30)


class State(StrEnum):
    """Where a review stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Asked(StrEnum):
    """What became of the wish for a review, or for a search of the literature.

    It is new, or stands in line already, or is shed because the line is too long, or has just failed and is
    left alone for a while.
    """

    NEW = "new"
    SHARED = "shared"
    SHED = "shed"
    FAILED = "failed-lately"


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands; `result` is there once it is done."""

    state: State
    result: str | None


@dataclass(frozen=True, slots=True)
class Background:
    """The background worker as last seen: there or not, and how long a review usually takes.

    `paused` tells whether it leaves the language model alone, `searches_paused` the same of the literature.
    """

    alive: bool
    paused: bool
    usual_seconds: float | None
    searches_paused: bool = False


class Reviews:
    """The reviews behind one database; safe to share between threads and processes.

    Every call raises `StoreUnavailableError` where the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, keys: Iterable[str]) -> Mapping[str, Review]:
        """The reviews known under the keys; one that failed long enough ago is as good as unknown."""
        columns = (review.c.key, review.c.state, review.c.result, review.c.ended_at)
        with transaction(self._engine) as connection:
            rows = connection.execute(select(*columns).where(review.c.key.in_(tuple(keys)))).all()
        forgotten = datetime.now(UTC) - RETRY
        return {
            row.key: Review(State(row.state), row.result)
            for row in rows
            if not (row.state == State.FAILED and aware(row.ended_at) < forgotten)
        }

    def look(self, key: str) -> Review | None:
        """The review under the key, however long ago it failed; `None` where none is on record."""
        statement = select(review.c.state, review.c.result).where(review.c.key == key)
        with transaction(self._engine) as connection:
            row = connection.execute(statement).first()
        return None if row is None else Review(State(row.state), row.result)

    def ask(self, key: str, order_key: str, work: str, *, most_waiting: int) -> Asked:
        """Put a review in line, unless it stands there already or the line is too long.

        What the same order asked for before and nobody has begun is taken out of the line: it is stale.
        """
        now = datetime.now(UTC)
        with transaction(self._engine) as connection:
            stale = delete(review).where(review.c.order_key == order_key, review.c.key != key)
            connection.execute(stale.where(review.c.state == State.WAITING))
            known = connection.execute(select(review.c.state).where(review.c.key == key)).scalar()
            if known is not None and known != State.FAILED:
                return Asked.SHARED
            if self._waiting(connection) >= most_waiting:
                return Asked.SHED
            row = {
                "key": key,
                "order_key": order_key,
                "state": State.WAITING.value,
                "work": work,
                "result": None,
                "asked_at": now,
                "began_at": None,
                "ended_at": None,
            }
            upsert = INSERTS[self._engine.dialect.name](review).values(row)
            changes = {name: upsert.excluded[name] for name in row if name != "key"}
            statement = upsert.on_conflict_do_update(
                index_elements=[review.c.key], set_=changes, where=review.c.state == State.FAILED
            )
            taken = connection.execute(statement.returning(review.c.key)).first()
        return Asked.NEW if taken else Asked.SHARED

    def begin(self, key: str) -> str | None:
        """The work of a review that waits, now running; `None` where it was withdrawn or is another's."""
        statement = (
            update(review)
            .where(review.c.key == key, review.c.state == State.WAITING)
            .values(state=State.RUNNING.value, began_at=datetime.now(UTC))
            .returning(review.c.work)
        )
        with transaction(self._engine) as connection:
            work: str | None = connection.execute(statement).scalar()
        return work

    def finish(self, key: str, result: str) -> None:
        """The review is done; the case that it was made from is forgotten."""
        self._end(key, State.DONE, result)

    def fail(self, key: str) -> None:
        """The review came to nothing; the case that it was made from is forgotten."""
        self._end(key, State.FAILED, None)

    def waiting(self) -> tuple[str, ...]:
        """The keys of the reviews that nobody has begun, the oldest first."""
        statement = select(review.c.key).where(review.c.state == State.WAITING).order_by(review.c.asked_at)
        with transaction(self._engine) as connection:
            return tuple(connection.execute(statement).scalars())

    def sweep(self) -> None:
        """Put abandoned reviews back in line, and forget old ones."""
        now = datetime.now(UTC)
        with transaction(self._engine) as connection:
            abandoned = update(review).where(review.c.state == State.RUNNING)
            connection.execute(
                abandoned.where(review.c.began_at < now - ABANDONED).values(state=State.WAITING.value)
            )
            connection.execute(delete(review).where(review.c.asked_at < now - KEPT))

    def beat(
        self,
        *,
        paused_until: datetime | None,
        usual_seconds: float | None,
        searches_paused_until: datetime | None = None,
    ) -> None:
        """The worker is there."""
        seen = {
            "id": 1,
            "seen_at": datetime.now(UTC),
            "paused_until": paused_until,
            "usual_seconds": usual_seconds,
            "searches_paused_until": searches_paused_until,
        }
        upsert = INSERTS[self._engine.dialect.name](worker).values(seen)
        statement = upsert.on_conflict_do_update(index_elements=[worker.c.id], set_=seen)
        with transaction(self._engine) as connection:
            connection.execute(statement)

    def background(self) -> Background:
        """The worker as it was last seen."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(worker)).first()
        if row is None:
            return Background(alive=False, paused=False, usual_seconds=None)
        now = datetime.now(UTC)
        paused, searches_paused = (
            until is not None and aware(until) > now
            for until in (row.paused_until, row.searches_paused_until)
        )
        alive = aware(row.seen_at) > now - ALIVE
        return Background(alive, paused, row.usual_seconds, searches_paused)

    def _end(self, key: str, state: State, result: str | None) -> None:
        ended = {"state": state.value, "result": result, "work": None, "ended_at": datetime.now(UTC)}
        with transaction(self._engine) as connection:
            connection.execute(update(review).where(review.c.key == key).values(ended))

    @staticmethod
    def _waiting(connection: Connection) -> int:
        statement = select(func.count()).select_from(review).where(review.c.state == State.WAITING)
        return connection.execute(statement).scalar_one()

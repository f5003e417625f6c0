"""The questions that the literature is to be searched for: which wait, which is worked on, which failed.

A question stands under its digest in one row, so ten orders of the same kind make one search. The row
outlives the worker that searches: what a killed one had begun goes back in line.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, update

from cds_service.consults import INSERTS
from cds_service.evidence_rows import question_key, question_of_row, question_row
from cds_service.evidence_tables import evidence_question
from cds_service.reviews import Asked, State
from cds_service.transaction import aware, transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from model.evidence.paper import EvidenceQuestion

RETRY: Final = timedelta(minutes=5)
"""A search that failed is asked for anew after this time."""
ABANDONED: Final = timedelta(minutes=1)
"""A search that nobody has said to be going on for so long belonged to a worker that is gone."""


class EvidenceQuestions:
    """The questions behind one database; safe to share between threads and processes.

    Every call raises `StoreUnavailableError` where the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, question: EvidenceQuestion, *, fresh_since: date, most_waiting: int) -> Asked:
        """Put a question in line, unless it stands there or has just failed.

        It is not put there either if by now it was searched, at `fresh_since` or later.
        """
        row = question_row(question)
        columns = (evidence_question.c.state, evidence_question.c.ended_at, evidence_question.c.searched_on)
        now = datetime.now(UTC)
        with transaction(self._engine) as connection:
            known = connection.execute(select(*columns).where(evidence_question.c.key == row["key"])).first()
            if known is not None:
                if known.state in {State.WAITING, State.RUNNING}:
                    return Asked.SHARED
                if known.state == State.FAILED and aware(known.ended_at) > now - RETRY:
                    return Asked.FAILED
                if known.state == State.DONE and known.searched_on and known.searched_on >= fresh_since:
                    return Asked.SHARED
            if self._waiting(connection) >= most_waiting:
                return Asked.SHED
            changed = {"state": State.WAITING.value, "asked_at": now}
            upsert = INSERTS[connection.dialect.name](evidence_question).values({**row, **changed})
            statement = upsert.on_conflict_do_update(
                index_elements=[evidence_question.c.key],
                set_=changed,
                where=evidence_question.c.state.in_((State.DONE.value, State.FAILED.value)),
            )
            taken = connection.execute(statement.returning(evidence_question.c.key)).first()
        return Asked.NEW if taken else Asked.SHARED

    def begin(self) -> EvidenceQuestion | None:
        """The question that has waited longest, now being worked on; `None` where none waits."""
        while keys := self.waiting():
            statement = (
                update(evidence_question)
                .where(evidence_question.c.key == keys[0], evidence_question.c.state == State.WAITING)
                .values(state=State.RUNNING.value, began_at=datetime.now(UTC))
                .returning(evidence_question)
            )
            with transaction(self._engine) as connection:
                row = connection.execute(statement).first()
            if row is not None:  # else another worker has it by now
                return question_of_row(row)
        return None

    def go_on(self, question: EvidenceQuestion) -> None:
        """The search is still being worked on, if it has not ended by now."""
        self._change(question, began_at=datetime.now(UTC))

    def fail(self, question: EvidenceQuestion) -> None:
        """The search came to nothing; that the question was searched earlier stays true."""
        self._change(question, state=State.FAILED.value, ended_at=datetime.now(UTC))

    def waiting(self) -> tuple[str, ...]:
        """The keys of the questions that nobody has begun, the oldest first."""
        statement = (
            select(evidence_question.c.key)
            .where(evidence_question.c.state == State.WAITING)
            .order_by(evidence_question.c.asked_at)
        )
        with transaction(self._engine) as connection:
            return tuple(connection.execute(statement).scalars())

    def sweep(self) -> None:
        """Put abandoned searches back in line."""
        forgotten = datetime.now(UTC) - ABANDONED
        running = evidence_question.c.state == State.RUNNING
        statement = update(evidence_question).where(running, evidence_question.c.began_at < forgotten)
        with transaction(self._engine) as connection:
            connection.execute(statement.values(state=State.WAITING.value))

    def _change(self, question: EvidenceQuestion, **values: Any) -> None:
        """Change a question that is being worked on."""
        own = evidence_question.c.key == question_key(question)
        statement = update(evidence_question).where(own, evidence_question.c.state == State.RUNNING)
        with transaction(self._engine) as connection:
            connection.execute(statement.values(**values))

    @staticmethod
    def _waiting(connection: Connection) -> int:
        waits = evidence_question.c.state == State.WAITING
        return connection.execute(
            select(func.count()).select_from(evidence_question).where(waits)
        ).scalar_one()

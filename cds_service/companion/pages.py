"""What a companion page shows beside the consultation's own row, kept as long as the page's link lives.

It is made of the de-identified case and the assessment: ids of our own, ages in years, days before the order;
no name, no date, no id and no word of the EHR's. Sentences of a licensed guideline are left out, too: they
stay in the site's release file, and the page reads them there (decision 8).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, DateTime, String, Table, Text, delete, exists, insert, select

from cds_service.consults import consult, metadata
from cds_service.errors import StoreUnavailableError
from cds_service.transaction import aware, transaction
from model.assessment import Assessment  # noqa: TC001 - a recorded page is read back by its types
from model.facts import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection, Engine

    from cds_service.render import Answer
    from model.case import ImagingCase, Indication

companion_page: Final = Table(
    "companion_page",
    metadata,
    Column("card", String(36), primary_key=True),
    Column("content", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
SCENARIO_QUESTION: Final = "scenario"
"""The key of a question that repeats a sentence of an imported guideline."""
_BETWEEN_SWEEPS_S: Final = 60.0
_INSERT: Final = insert(companion_page).inline()


@dataclass(frozen=True, slots=True)
class Understood:
    """A reason of the order as it was read: its ICD-10-CM code, findings that it states, denies, may mean."""

    icd10cm: str | None
    present: tuple[str, ...]
    absent: tuple[str, ...]
    suggested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The order as it was understood, and what was concluded about it when the card was made.

    `relatives` and `inferred` are as in `ImagingCase`. `review` and `question` are the keys under which a
    language model's review and a search of the literature would be found.
    """

    procedures: tuple[str, ...]
    relatives: tuple[str, ...]
    reasons: tuple[Understood, ...]
    inferred: bool
    assessment: Assessment
    review: str | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A page with what the consultation's row adds: when it was asked, and the ids of the papers cited.

    `answered_since` tells whether a later answer belongs to the same consultation.
    """

    page: Page
    asked_at: datetime
    papers: tuple[str, ...]
    answered_since: bool


_PAGES: Final = TypeAdapter(Page)


class Pages:
    """The pages behind one database; safe to share between threads and processes."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._swept = clock()

    def write(self, connection: Connection, answers: Iterable[Answer], expires_at: datetime) -> None:
        """Keep the page of each answer that has a card, in the transaction that records the consultations."""
        rows = [
            {"card": answer.card_id, "content": content_of(answer), "expires_at": expires_at}
            for answer in answers
            if answer.card_id
        ]
        if rows:
            connection.execute(_INSERT, rows)

    def find(self, card: str) -> Kept | None:
        """The page of a card; `None` where there is none, or none that this version can read.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        later = consult.alias()
        since = exists().where(later.c.consult_id == consult.c.consult_id, later.c.id > consult.c.id)
        columns = (companion_page.c.content, consult.c.asked_at, consult.c.papers, since.label("since"))
        joined = companion_page.join(consult, consult.c.card == companion_page.c.card)
        statement = select(*columns).select_from(joined).where(companion_page.c.card == card)
        with transaction(self._engine) as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        try:
            page = _PAGES.validate_json(row.content)
        except ValidationError:
            return None
        return Kept(page, aware(row.asked_at), tuple(each for each in row.papers or () if each), row.since)

    def sweep(self) -> None:
        """Forget the pages whose links have expired; once a minute at most, and never in anybody's way."""
        now = self._clock()
        if now - self._swept < _BETWEEN_SWEEPS_S:
            return
        self._swept = now
        with suppress(StoreUnavailableError):
            self.forget(datetime.now(UTC))

    def forget(self, now: datetime) -> None:
        """Forget the pages that expired before `now`.

        Raises:
            StoreUnavailableError: The database did not take it.
        """
        with transaction(self._engine) as connection:
            expired = companion_page.c.expires_at < now - timedelta(seconds=1)
            connection.execute(delete(companion_page).where(expired))


def content_of(answer: Answer) -> str:
    """What is kept of an answer, as JSON."""
    case = answer.case
    page = Page(
        case.procedures,
        case.relatives,
        tuple(_understood(each, case) for each in case.indications),
        case.inferred,
        _kept(answer.assessment),
        answer.review,
        answer.question,
    )
    return _PAGES.dump_json(page).decode()


def _understood(indication: Indication, case: ImagingCase) -> Understood:
    denied = {
        fact.finding
        for fact in case.facts.stated
        if fact.polarity == "absent" and fact.origin is Origin.ORDER
    }
    named = tuple(dict.fromkeys(indication.findings))
    return Understood(
        indication.icd10cm,
        present=tuple(each for each in named if each in case.indicated),
        absent=tuple(each for each in named if each in denied and each not in case.indicated),
        suggested=indication.suggested,
    )


def is_licensed(assessment: Assessment) -> bool:
    """Whether a guideline that the site imported decided: its version then stands beside our library's."""
    return "+" in assessment.provenance.criteria


def _kept(assessment: Assessment) -> Assessment:
    """The assessment without the papers, whose ids the consultation has, and without licensed sentences."""
    kept = replace(assessment, literature=())
    if not is_licensed(assessment):
        return kept
    return replace(
        kept,
        scenarios=tuple(replace(each, description="") for each in kept.scenarios),
        missing=tuple(
            replace(each, text="") if each.key == SCENARIO_QUESTION else each for each in kept.missing
        ),
    )

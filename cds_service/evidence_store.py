"""The evidence store: papers and searches, and what is known about a question, answered at once.

    store.write_papers(batch)             # a paper that is known is completed, never doubled
    store.write_searches(question, found) # last of all: from now on the question counts as searched
    store.recall(question)                # what was found then, at once
    store.about(question)                 # what there is now; never from the network either

Each call that writes is one transaction, and writers take turns, in whatever process they run. So a fetch
that is killed leaves whole batches behind, and one that begins again finds them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, or_, select, update

from cds_service.consults import INSERTS
from cds_service.evidence_papers import write_paper
from cds_service.evidence_rows import (
    evidence_of,
    found_of,
    paper_of_row,
    question_key,
    question_row,
    search_of_row,
    search_row,
)
from cds_service.evidence_tables import evidence_question, evidence_version, literature_search, paper
from cds_service.evidence_words import papers_with
from cds_service.reviews import State
from cds_service.transaction import transaction
from model.evidence.assign import condition_names, modality_names
from model.evidence.paper import EvidenceFound
from model.evidence.weigh import weighed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Engine, Row

    from model.evidence.paper import EvidenceQuestion, Paper
    from model.evidence.rank import Ranked
    from model.evidence.search import SearchResult
    from model.evidence.weigh import Weighed

REMEMBERED: Final = 10
"""Papers that are kept as a question's answer."""
MOST_CANDIDATES: Final = 60
"""Papers that full-text search offers to be ranked, beside those that the question's own searches named."""
_RETRACTIONS: Final = ("retracted", "retraction", "withdrawn")
"""Words of a record that says of a paper that it was retracted: it counts whatever else it names."""
_STRONG: Final = ("randomized", "systematic review", "meta-analysis", "guideline", "prospective")
"""Words of strong designs: where more papers bear on a question than are weighed, these are weighed first."""
MOST_IDS: Final = 1_000
"""Ids that one statement asks for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a question stands: its search, the day of the last one, and the ids that it found, best first."""

    state: State
    searched_on: date | None
    found: tuple[str, ...]


class EvidenceStore:
    """The evidence behind one database, an `EvidenceReader`; safe to share between threads and processes.

    `rank` weighs papers for a question; `weighed_by` is the digest of the trained scorer that it weighs them
    with, `None` where the rules do.

    Every call raises `StoreUnavailableError` where the database does not answer.
    """

    def __init__(
        self,
        engine: Engine,
        rank: Callable[[Sequence[Paper], EvidenceQuestion], Ranked],
        *,
        weighed_by: str | None = None,
        weigh: Callable[[Paper], Weighed] = weighed,
    ) -> None:
        self._engine = engine
        self._rank = rank
        self._weighed_by = weighed_by
        self.weigh = weigh

    def about(self, question: EvidenceQuestion, *, limit: int = 8) -> EvidenceFound:
        """At most `limit` papers on the question, none of them retracted; never by the network.

        All that is in the store is looked through and weighed anew, which takes tenths of a second.
        """
        with transaction(self._engine) as connection:
            key = question_key(question)
            searched_on = _searched_on(connection, key)
            papers = _candidates(connection, question, _ids(connection, key, searched_on))
        ranked = self._rank(papers, question)
        return EvidenceFound(ranked.evidence[:limit], searched_on, len(ranked.retracted))

    def recall(self, question: EvidenceQuestion, *, limit: int = REMEMBERED) -> EvidenceFound | None:
        """What was found when the question was last searched, within milliseconds; `None` if it never was.

        A paper that was retracted since is left out, and counted. Where the answer was weighed by another
        scorer than papers are now, what was kept of it is weighed anew.
        """
        columns = (evidence_question.c.found, evidence_question.c.retracted, evidence_question.c.searched_on)
        statement = select(*columns).where(evidence_question.c.key == question_key(question))
        with transaction(self._engine) as connection:
            row = connection.execute(statement).first()
            if row is None or row.found is None:
                return None
            papers = [paper_of_row(each) for each in _named(connection, [each["id"] for each in row.found])]
        if any(each.get("by") != self._weighed_by for each in row.found):
            ranked = self._rank(papers, question)
            return EvidenceFound(
                ranked.evidence[:limit], row.searched_on, row.retracted + len(ranked.retracted)
            )
        by_id = {each: known for known in papers for each in (known.pmid, known.doi) if each is not None}
        evidence = [evidence_of(each, by_id[each["id"]]) for each in row.found if each["id"] in by_id]
        standing = tuple(each for each in evidence if not each.paper.retracted)
        return EvidenceFound(standing[:limit], row.searched_on, row.retracted + len(evidence) - len(standing))

    def named(self, ids: Collection[str]) -> Mapping[str, Paper]:
        """The papers of the ids (PMIDs, DOIs in lower case) that are in the store, retracted ones too."""
        with transaction(self._engine) as connection:
            papers = [paper_of_row(each) for each in _named(connection, ids)]
        by_id = {each: known for known in papers for each in (known.pmid, known.doi) if each is not None}
        return {each: by_id[each] for each in ids if each in by_id}

    def standing(self, key: str) -> Standing | None:
        """How the question of a key stands; `None` if it was never asked for."""
        columns = (evidence_question.c.state, evidence_question.c.searched_on, evidence_question.c.found)
        with transaction(self._engine) as connection:
            row = connection.execute(select(*columns).where(evidence_question.c.key == key)).first()
        if row is None:
            return None
        return Standing(State(row.state), row.searched_on, tuple(each["id"] for each in row.found or ()))

    def version(self) -> int:
        """A number that grows whenever something is written; 0 while nothing ever was."""
        with transaction(self._engine) as connection:
            version: int = connection.execute(select(evidence_version.c.version)).scalar_one()
        return version

    def known(self, ids: Collection[str], *, since: datetime) -> frozenset[str]:
        """Those of the ids (PMIDs, and DOIs in lower case) whose papers came at `since` or later."""
        recent = select(paper.c.pmid, paper.c.doi).where(paper.c.fetched_at >= since)
        with transaction(self._engine) as connection:
            rows = [
                row
                for some in _parts(ids)
                for row in connection.execute(recent.where(_is_one_of(some))).all()
            ]
        return frozenset(ids) & {each for row in rows for each in row if each is not None}

    def papers(self, ids: Collection[str]) -> dict[str, Paper]:
        """The papers of the ids (PMIDs, and DOIs in lower case) that are here, by their id."""
        with transaction(self._engine) as connection:
            found = [paper_of_row(row) for row in _named(connection, ids)]
        by_id = {each: known for known in found for each in (known.pmid, known.doi) if each is not None}
        return {each: by_id[each] for each in ids if each in by_id}

    def searched_on(self, question: EvidenceQuestion) -> date | None:
        """The day on which the question was last searched; `None` if it never was."""
        with transaction(self._engine) as connection:
            return _searched_on(connection, question_key(question))

    def searches(self, question: EvidenceQuestion) -> tuple[SearchResult, ...]:
        """What was searched for the question when that was last done, in its order."""
        key = question_key(question)
        with transaction(self._engine) as connection:
            rows = _searches(connection, key, _searched_on(connection, key))
        return tuple(search_of_row(row) for row in rows)

    def write_papers(self, papers: Iterable[Paper]) -> None:
        """Keep the papers, all or none; what is known of a paper already is completed.

        A paper is known by its PMID, or by its DOI where one of the two has no PMID. Once retracted, it stays
        so.
        """
        now = datetime.now(UTC)
        with self._writing() as connection:
            for each in papers:
                write_paper(connection, each, now)

    def write_searches(self, question: EvidenceQuestion, searches: Sequence[SearchResult]) -> None:
        """Keep what was searched for the question, and what the store now has on it; that is its answer.

        The papers must have been written before. Earlier days' searches stay on record.
        """
        key, day, now = question_key(question), searches[0].searched_on, datetime.now(UTC)
        with transaction(self._engine) as connection:
            ids = {each: None for search in searches for each in search.ids}
            papers = _candidates(connection, question, ids)
        ranked = self._rank(papers, question)  # before the writing: others wait for that
        ended = {
            "state": State.DONE.value,
            "ended_at": now,
            "searched_on": day,
            "found": found_of(ranked.evidence[:REMEMBERED]),
            "retracted": len(ranked.retracted),
        }
        rows = [{**search_row(key, place, each), "searched_on": day} for place, each in enumerate(searches)]
        with self._writing() as connection:
            upsert = INSERTS[connection.dialect.name](evidence_question)
            upsert = upsert.values({**question_row(question), "asked_at": now, **ended})
            connection.execute(
                upsert.on_conflict_do_update(index_elements=[evidence_question.c.key], set_=ended)
            )
            own = literature_search.c.question == key
            connection.execute(delete(literature_search).where(own, literature_search.c.searched_on == day))
            connection.execute(insert(literature_search), rows)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that waits its turn: counting the version up locks the one row until it ends."""
        with transaction(self._engine) as connection:
            connection.execute(update(evidence_version).values(version=evidence_version.c.version + 1))
            yield connection


def _candidates(connection: Connection, question: EvidenceQuestion, ids: Collection[str]) -> list[Paper]:
    """The papers that may bear on a question: its searches named their ids, or they hold its words."""
    rows = {row.id: row for row in _named(connection, ids)}
    modality = modality_names(question.procedure)
    one_of = (*modality, *_RETRACTIONS) if modality else ()
    names = condition_names(question)
    for row in papers_with(connection, names, one_of, _STRONG, at_most=MOST_CANDIDATES):
        rows.setdefault(row.id, row)
    return [paper_of_row(row) for row in rows.values()]


def _searched_on(connection: Connection, key: str) -> date | None:
    statement = select(evidence_question.c.searched_on).where(evidence_question.c.key == key)
    return connection.execute(statement).scalar()


def _searches(connection: Connection, key: str, day: date | None) -> Sequence[Row[Any]]:
    """The rows of a question's searches of a day, in their order."""
    statement = select(literature_search).where(
        literature_search.c.question == key, literature_search.c.searched_on == day
    )
    return connection.execute(statement.order_by(literature_search.c.place)).all()


def _ids(connection: Connection, key: str, day: date | None) -> tuple[str, ...]:
    """The ids that the question's searches of a day named."""
    return tuple(dict.fromkeys(each for row in _searches(connection, key, day) for each in row.ids))


def _named(connection: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """The rows of the papers of these ids, each once, in the order in which they came."""
    found = (
        row for some in _parts(ids) for row in connection.execute(select(paper).where(_is_one_of(some))).all()
    )
    return [row for _, row in sorted({row.id: row for row in found}.items())]


def _parts(ids: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The ids, no more at a time than a statement may have parameters."""
    left = iter(ids)
    while some := tuple(islice(left, MOST_IDS)):
        yield some


def _is_one_of(ids: Collection[str]) -> Any:
    return or_(paper.c.pmid.in_(ids), paper.c.doi.in_(ids))

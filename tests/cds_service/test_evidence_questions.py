"""The questions in line for a search: each once, nothing lost, a failed one left alone for a while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cds_service.consults import open_engine
from cds_service.errors import StoreUnavailableError
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_rows import question_key
from cds_service.evidence_store import EvidenceStore
from cds_service.evidence_tables import evidence_question
from cds_service.reviews import Asked
from model.evidence.paper import EvidenceQuestion
from model.evidence.search import Query, QueryKind, SearchResult
from tests.fakes import rank

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

QUESTION = EvidenceQuestion("low back pain", "mr-lumbar-spine-wo", ("lumbago",), ("back pain",))
OTHER = replace(QUESTION, condition="neck pain")
TODAY = date(2026, 11, 26)
SINCE = date(2026, 9, 1)


@pytest.fixture
def questions(engine: Engine) -> EvidenceQuestions:
    """The questions of the database."""
    return EvidenceQuestions(engine)


def ask(questions: EvidenceQuestions, question: EvidenceQuestion = QUESTION, most: int = 9) -> Asked:
    return questions.ask(question, fresh_since=SINCE, most_waiting=most)


def searched(engine: Engine, day: date) -> None:
    found = SearchResult(Query(QueryKind.CONDITION, "a query"), "PubMed", None, 0, (), day)
    EvidenceStore(engine, rank).write_searches(QUESTION, [found])


def test_a_question_is_asked_once_however_often_the_hook_fires(questions: EvidenceQuestions) -> None:
    """Ten firings, at the same time, make one search."""
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: ask(questions), range(10)))
    assert asked.count(Asked.NEW) == 1
    assert asked.count(Asked.SHARED) == 9
    assert questions.waiting() == (question_key(QUESTION),)


def test_the_worker_gets_the_question_as_it_was_asked(questions: EvidenceQuestions) -> None:
    """The oldest first, and each to one worker."""
    ask(questions)
    ask(questions, OTHER)
    assert [questions.begin(), questions.begin(), questions.begin()] == [QUESTION, OTHER, None]
    assert ask(questions) is Asked.SHARED


def test_a_line_that_is_too_long_takes_no_more(questions: EvidenceQuestions) -> None:
    """The search is not asked for, and the caller is told."""
    assert ask(questions, most=1) is Asked.NEW
    assert ask(questions, OTHER, most=1) is Asked.SHED
    assert len(questions.waiting()) == 1


def test_what_failed_is_left_alone_for_a_while(questions: EvidenceQuestions, engine: Engine) -> None:
    """Then it is asked for again."""
    ask(questions)
    questions.begin()
    questions.fail(QUESTION)
    assert ask(questions) is Asked.FAILED
    with engine.begin() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=6)
        connection.execute(update(evidence_question).values(ended_at=earlier))
    assert ask(questions) is Asked.NEW


def test_what_was_searched_lately_is_not_searched_again(questions: EvidenceQuestions, engine: Engine) -> None:
    """What was searched long ago is, and until that is done the old day stands."""
    searched(engine, TODAY)
    assert ask(questions) is Asked.SHARED
    assert questions.waiting() == ()
    searched(engine, date(2026, 8, 1))
    assert ask(questions) is Asked.NEW
    assert EvidenceStore(engine, rank).about(QUESTION).searched_on == date(2026, 8, 1)


def test_the_work_of_a_worker_that_was_killed_is_taken_up(
    questions: EvidenceQuestions, engine: Engine
) -> None:
    """What has been silent for too long goes back in line; what goes on does not."""
    ask(questions)
    questions.begin()
    questions.sweep()
    assert questions.waiting() == ()
    with engine.begin() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=6)
        connection.execute(update(evidence_question).values(began_at=earlier))
    questions.go_on(QUESTION)
    questions.sweep()
    assert questions.waiting() == ()
    with engine.begin() as connection:
        connection.execute(update(evidence_question).values(began_at=earlier))
    questions.sweep()
    assert questions.begin() == QUESTION


def test_only_the_question_is_kept(questions: EvidenceQuestions, engine: Engine) -> None:
    """A row holds the question's words and moments, and nothing of who asked."""
    ask(questions)
    with engine.connect() as connection:
        row = connection.execute(select(evidence_question)).one()._asdict()
    assert {name for name, value in row.items() if value is not None} == {
        *("key", "condition", "procedure", "synonyms", "related"),
        *("state", "asked_at"),
    }


def test_a_store_that_is_gone_has_a_name(tmp_path: Path) -> None:
    """Every failure of the database is one error."""
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreUnavailableError):
        EvidenceQuestions(engine).waiting()
    engine.dispose()

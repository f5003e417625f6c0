"""The worker's side of the literature: killed and resumed, failing and left alone, with a real server of papers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from cds_service.breaker import Breaker
from cds_service.evidence_fetch import Fetcher, open_fetcher
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_store import EvidenceStore
from cds_service.evidence_tables import evidence_question
from cds_service.metrics import new_metrics
from cds_service.reviews import Asked
from cds_service.searching import Searching
from cds_service.settings import Settings
from model.evidence.indexes import indexes
from model.evidence.paper import EvidenceQuestion
from model.evidence.transport import Limits
from tests.cds_service.databases import paper_count
from tests.fake_literature import Invented, Literature, literature, stalled, status
from tests.fakes import rank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

ROOT = Path(__file__).parents[2]
QUESTION = EvidenceQuestion("low back pain", "mr-lumbar-spine-wo", ("lumbago",), ("back pain",))
PAPERS = tuple(Invented(str(number), title=f"MRI in low back pain {number}") for number in range(101, 111))
SINCE = datetime(2026, 1, 1, tzinfo=UTC).date()
WORKER = """
import sys
from dataclasses import replace
from cds_service.consults import open_engine
from cds_service.evidence_fetch import open_fetcher
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_store import EvidenceStore
from cds_service.settings import read_settings
from tests.fakes import rank
class Store(EvidenceStore):
    def write_papers(self, papers):
        super().write_papers(papers)
        input("batch\\n")
settings = read_settings()
engine = open_engine(settings.database_url)
fetcher = replace(open_fetcher(settings, Store(engine, rank)), batch_size=4)
fetcher.fetch(EvidenceQuestions(engine).begin())
"""


@pytest.fixture
def url(each_database: str) -> str:
    """A fresh database of each kind."""
    return each_database


@pytest.fixture
def server() -> Iterator[Literature]:
    """Ten papers on low back pain."""
    with literature(PAPERS) as running:
        yield running


def fetcher(engine: Engine, server: Literature, folder: Path) -> Fetcher:
    providers = indexes(
        folder,
        email="someone@example.org",
        api_key="secret",
        pubmed_url=server.pubmed_url,
        europe_pmc_url=server.europe_pmc_url,
        limits=Limits(attempts=1, first_pause_s=0.0, read_s=1.0),
    )
    return Fetcher(EvidenceStore(engine, rank), providers[:1], 90, 25)


def searching(engine: Engine, server: Literature, folder: Path, breaker: Breaker | None = None) -> Searching:
    return Searching(
        EvidenceQuestions(engine),
        fetcher(engine, server, folder),
        metrics=new_metrics(),
        breaker=breaker or Breaker(),
    )


def ask(engine: Engine, question: EvidenceQuestion = QUESTION) -> Asked:
    return EvidenceQuestions(engine).ask(question, fresh_since=SINCE, most_waiting=9)


def fetched_ids(server: Literature) -> list[str]:
    return [each for asked in server.asked_of("efetch") for each in asked.fields["id"].split(",")]


def test_what_waits_is_searched_and_kept(engine: Engine, server: Literature, tmp_path: Path) -> None:
    """The papers are there, the day is known, and nothing waits any more."""
    ask(engine)
    work = searching(engine, server, tmp_path)
    work.work()
    found = EvidenceStore(engine, rank).about(QUESTION, limit=99)
    assert {each.paper.pmid for each in found.evidence} == {each.pmid for each in PAPERS}
    assert found.searched_on is not None
    assert EvidenceQuestions(engine).waiting() == ()
    counted = work._metrics.registry.get_sample_value  # noqa: SLF001
    assert counted("apposite_literature_searches_total", {"event": "done"}) == 1
    assert counted("apposite_papers_fetched_total") == len(PAPERS)


def test_a_fetch_that_is_killed_is_resumed(
    engine: Engine, url: str, server: Literature, tmp_path: Path
) -> None:
    """After a kill between batches the next worker fetches the rest, each paper once, and the search counts then."""
    ask(engine)
    settings = {
        "APPOSITE_DATABASE_URL": url,
        "APPOSITE_LITERATURE": "pubmed",
        "APPOSITE_LITERATURE_EMAIL": "someone@example.org",
        "APPOSITE_LITERATURE_API_KEY": "secret",
        "APPOSITE_PUBMED_URL": server.pubmed_url,
    }
    command = [sys.executable, "-c", WORKER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, **pipes) as worker:
        assert worker.stdout.readline() == b"batch\n"
        worker.send_signal(signal.SIGKILL)
    store, questions = EvidenceStore(engine, rank), EvidenceQuestions(engine)
    assert 0 < paper_count(engine) < len(PAPERS)
    assert store.about(QUESTION).searched_on is None
    with engine.begin() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=6)
        connection.execute(update(evidence_question).values(began_at=earlier))
    questions.sweep()
    kept = store.known([each.pmid for each in PAPERS], since=datetime(2026, 1, 1, tzinfo=UTC))
    asked_before = len(fetched_ids(server))
    searching(engine, server, tmp_path).work()
    assert kept.isdisjoint(fetched_ids(server)[asked_before:])
    assert paper_count(engine) == len(PAPERS)
    assert store.about(QUESTION).searched_on is not None


def test_an_index_that_fails_again_and_again_is_left_alone(
    engine: Engine, server: Literature, tmp_path: Path
) -> None:
    """After three failures it is not asked, and what waits goes on waiting."""
    server.will("esearch", status(503), times=20)
    for number in range(5):
        ask(engine, EvidenceQuestion(f"condition {number}", "mr-lumbar-spine-wo"))
    work = searching(engine, server, tmp_path, Breaker(failures=3))
    work.work()
    assert len(server.asked) == 3
    assert work.paused_until is not None
    assert len(EvidenceQuestions(engine).waiting()) == 2
    counted = work._metrics.registry.get_sample_value  # noqa: SLF001
    assert counted("apposite_literature_searches_total", {"event": "failed"}) == 3


def test_a_failed_search_keeps_what_was_known(engine: Engine, server: Literature, tmp_path: Path) -> None:
    """The day of the earlier search stands, and so do its papers."""
    ask(engine)
    work = searching(engine, server, tmp_path)
    work.work()
    with engine.begin() as connection:
        connection.execute(update(evidence_question).values(searched_on=datetime(2025, 1, 1).date()))  # noqa: DTZ001
    server.will("esearch", status(503))
    assert ask(engine) is Asked.NEW
    work.work()
    found = EvidenceStore(engine, rank).about(QUESTION)
    assert (found.searched_on.year, len(found.evidence)) == (2025, 8)


def test_a_search_that_is_slow_is_not_taken_for_abandoned(
    engine: Engine, server: Literature, tmp_path: Path
) -> None:
    """While the worker's beat says that it goes on, nobody else takes it up; when it has ended, it stays so."""
    ask(engine)
    work = searching(engine, server, tmp_path)
    questions = EvidenceQuestions(engine)
    seen = []

    class Provider:
        name = "slow"

        def search(self, query: object, *, at_most: int) -> object:
            earlier = datetime.now(UTC) - timedelta(minutes=6)
            with engine.begin() as connection:
                connection.execute(update(evidence_question).values(began_at=earlier))
            work.beat()
            questions.sweep()
            seen.append(questions.waiting())
            return fast.search(query, at_most=at_most)

        def papers(self, ids: object) -> object:
            return fast.papers(ids)

    fast = work._fetcher.providers[0]  # noqa: SLF001
    work._fetcher = replace(work._fetcher, providers=(Provider(),))  # noqa: SLF001
    work.work()
    assert seen == [()] * len(seen) != []
    work.beat()
    assert questions.waiting() == ()
    assert ask(engine) is Asked.SHARED


def test_waking_returns_at_once(engine: Engine, server: Literature, tmp_path: Path) -> None:
    """A slow index holds up nobody; however often it is woken, one thread works."""
    server.will("esearch", stalled)
    ask(engine)
    work = searching(engine, server, tmp_path)
    for _ in range(10):
        work.wake()
    assert paper_count(engine) == 0
    for _ in range(600):
        if not work._running:  # noqa: SLF001
            break
        time.sleep(0.05)
    assert len(server.asked_of("esearch")) == 1
    assert EvidenceQuestions(engine).waiting() == ()


def test_a_paper_retracted_since_is_found_out(engine: Engine, server: Literature, tmp_path: Path) -> None:
    """A search that is made again fetches old papers anew."""
    ask(engine)
    searching(engine, server, tmp_path).work()
    server.add(Invented("101", title="MRI in low back pain 101", types=("Retracted Publication",)))
    Fetcher(EvidenceStore(engine, rank), fetcher(engine, server, tmp_path).providers, 0, 25).fetch(QUESTION)
    found = EvidenceStore(engine, rank).about(QUESTION, limit=99)
    assert "101" not in {each.paper.pmid for each in found.evidence}
    assert found.retracted == 1


def test_nothing_is_searched_unasked(engine: Engine) -> None:
    """By default an installation has no fetcher."""
    assert open_fetcher(Settings(), EvidenceStore(engine, rank)) is None

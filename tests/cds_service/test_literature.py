"""The hook's side of the literature: searched for once, cited when it is there, honest about what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt
from sqlalchemy import select

from cds_service.breaker import Breaker
from cds_service.evidence_fetch import Fetcher
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_store import EvidenceStore
from cds_service.evidence_tables import evidence_question
from cds_service.literature import Literature, Searches
from cds_service.queue import Queue
from cds_service.repeats import Repeats
from cds_service.searching import Searching
from model.evidence.indexes import indexes
from model.evidence.paper import EvidenceQuestion, Paper, Section
from model.evidence.search import Query, QueryKind, SearchResult
from tests.fake_literature import Invented, literature
from tests.fakes import (
    HEADACHE,
    LOW_BACK_PAIN,
    PAPILLEDEMA,
    SELECT,
    SIGN,
    TOOTHACHE,
    call,
    make_client,
    make_services,
    order,
    rank,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cds_service.services import Services

TOOTH = order("70544", TOOTHACHE)
BACK = order("72133", LOW_BACK_PAIN)
UNDER_WAY = "A search of the literature is under way"
PAPER = Paper(
    "33300001",
    "10.1000/x",
    "Toothache and the MR angiogram",
    (Section("RESULTS", "Toothache seldom needs an angiogram."),),
    "J Invented",
    2021,
    ("Rossi", "Bianchi", "Verdi"),
)
HOSTILE = (
    "<script>alert(1)</script> toothache",
    "Toothache [click](javascript:alert(1))",
    "](javascript:alert(1)) toothache ![x](https://evil.example/x.png)",
    "Toothache https://evil.example www.evil.example someone@evil.example",
    "<a href='https://evil.example'>toothache</a> `code` **bold** &lt;b&gt;",
    "1. Toothache",
    "- toothache <https://evil.example>",
    "# Toothache | a | b |",
    "Toothache\n\n## Heading\n\n[x]: https://evil.example",
)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services that search the literature, with a worker that is there and does nothing."""
    made = make_services(tmp_path)
    made.reviews.beat(paused_until=None, usual_seconds=0.1)
    engine = made.consults._engine  # noqa: SLF001 - the database of the services
    searches = Searches(
        EvidenceQuestions(engine),
        made.reviews,
        Queue(f"sqlite:///{tmp_path / 'queue.db'}"),
        made.metrics,
        fresh_days=90,
        most_waiting=2,
    )
    yield replace(made, literature=Literature(EvidenceStore(engine, rank), searches))
    made.consults.close()


def fire(services: Services, *orders: dict[str, Any], url: str = SELECT) -> dict[str, Any]:
    hook = "order-select" if url == SELECT else "order-sign"
    reply = make_client(services).post(url, json=call(*orders, hook=hook))
    assert reply.status_code == 200
    return dict(reply.json)


def detail(services: Services, asked: dict[str, Any] = TOOTH) -> str:
    return str(fire(services, asked)["cards"][0]["detail"])


def with_a_review(services: Services) -> Any:
    """How cases are judged if a review is under way for each: then there is a card whatever is found."""
    judged = services.assess
    return lambda case: replace(judged(case), review_pending=True)


def waiting(services: Services) -> list[EvidenceQuestion]:
    questions = services.literature.searches.questions
    return [questions.begin() for _ in questions.waiting()]


def search_all(services: Services, *papers: Paper, day: date | None = None) -> None:
    """Be the worker: the search for each question in line finds these papers."""
    day = day or datetime.now(UTC).date()
    store = services.literature.store
    for question in waiting(services):
        store.write_papers(papers)
        ids = tuple(each.pmid or each.doi for each in papers)
        found = SearchResult(Query(QueryKind.CONDITION, "a query"), "PubMed", None, len(ids), ids, day)
        store.write_searches(question, [found])


def counted(services: Services, event: str) -> float:
    name = "apposite_literature_searches_total"
    return services.metrics.registry.get_sample_value(name, {"event": event}) or 0.0


def test_the_first_firing_says_that_a_search_is_under_way_and_a_later_one_cites(services: Services) -> None:
    """Number, authors, title, journal, year, level in words, and a link by the PMID."""
    first = detail(services)
    assert UNDER_WAY in first
    assert "No literature was searched" not in first
    search_all(services, PAPER)
    later = detail(services)
    assert UNDER_WAY not in later
    assert (
        "1. Rossi et al. Toothache and the MR angiogram. J Invented, 2021. Evidence level 2 of 4 (low). "
        "[PMID 33300001](https://pubmed.ncbi.nlm.nih.gov/33300001/)"
    ) in later
    assert f"searched on {datetime.now(UTC).date().isoformat()}" in later


def test_ten_firings_make_one_search(services: Services) -> None:
    """Whoever asks, the question is searched once."""
    for number in range(10):
        fire(services, order("70544", TOOTHACHE, id_=f"o{number}"))
    assert len(services.literature.searches.questions.waiting()) == 1
    assert (counted(services, "new"), counted(services, "shared")) == (1, 9)


def test_what_was_found_is_there_when_the_order_is_signed(services: Services) -> None:
    """Choosing asks, signing cites; the card names the papers for machines too, and the record keeps them."""
    fire(services, TOOTH)
    search_all(services, PAPER)
    card = fire(services, TOOTH, url=SIGN)["cards"][0]
    assert card["extension"]["apposite.literature"] == {
        "searchedOn": datetime.now(UTC).date().isoformat(),
        "papers": [
            {
                "id": "PMID 33300001",
                "url": "https://pubmed.ncbi.nlm.nih.gov/33300001/",
                "year": 2021,
                "level": 2,
            }
        ],
    }
    with services.consults._engine.connect() as connection:  # noqa: SLF001
        rows = connection.exec_driver_sql("SELECT papers, evidence FROM consult ORDER BY id").all()
    assert rows == [(None, None), ('["PMID 33300001"]', datetime.now(UTC).date().isoformat())]


def test_a_guideline_s_rating_and_the_literature_are_never_mixed_up(services: Services) -> None:
    """The papers stand apart, said to be no part of the rating, which they do not change."""
    before = fire(services, BACK)["cards"][0]
    search_all(services, replace(PAPER, title="Low back pain and CT"))
    after = fire(services, BACK)["cards"][0]
    assert after["summary"] == before["summary"]
    rating, _, papers = after["detail"].partition("**Literature**")
    assert "no part of the guideline's rating" in papers.splitlines()[0]
    assert "PMID" not in rating
    assert "Guideline rating, summarised from" in rating


def test_at_most_five_papers_are_cited(services: Services) -> None:
    """A card is no bibliography."""
    fire(services, TOOTH)
    search_all(services, *(replace(PAPER, pmid=str(number), doi=None) for number in range(1, 9)))
    assert detail(services).count("https://pubmed.ncbi.nlm.nih.gov/") == 5


def test_a_retracted_paper_is_never_shown_and_the_card_says_so(services: Services) -> None:
    """Neither one that was retracted before nor one that is retracted now."""
    fire(services, TOOTH)
    other = replace(PAPER, pmid="3", doi=None)
    search_all(services, PAPER, other, replace(PAPER, pmid="2", doi=None, retracted=True))
    assert "1 paper is left out, because it was retracted" in detail(services)
    assert "pubmed.ncbi.nlm.nih.gov/2/" not in detail(services)
    services.literature.store.write_papers([replace(PAPER, retracted=True)])
    assert "PMID 33300001" not in detail(services)
    assert "PMID 3]" in detail(services)
    assert "2 papers are left out" in detail(services)


def test_a_search_without_papers_says_that_nothing_was_found(services: Services) -> None:
    """That is another thing than not to have searched."""
    fire(services, order("70544", TOOTHACHE))
    search_all(services)
    said = detail(replace(services, assess=with_a_review(services), repeats=Repeats()))
    assert "nothing that can be cited was found" in said
    assert "No literature was searched" not in said


def test_what_was_searched_long_ago_is_cited_and_searched_again(services: Services) -> None:
    """The old day stands on the card while the new search is under way."""
    fire(services, TOOTH)
    search_all(services, PAPER, day=date(2026, 1, 5))
    said = detail(services)
    assert "searched on 2026-01-05" in said
    assert UNDER_WAY in said


def test_without_a_worker_nothing_is_promised(services: Services) -> None:
    """Nor while the indexes are left alone."""
    later = datetime.now(UTC) + timedelta(minutes=1)
    services.reviews.beat(paused_until=None, usual_seconds=None, searches_paused_until=later)
    assert UNDER_WAY not in str(fire(services, TOOTH))
    with services.consults._engine.begin() as connection:  # noqa: SLF001
        connection.exec_driver_sql("DELETE FROM worker")
    assert UNDER_WAY not in str(fire(services, TOOTH))
    assert services.literature.searches.questions.waiting() == ()
    assert (counted(services, "paused"), counted(services, "no-worker")) == (1, 1)


def test_a_long_line_takes_no_more(services: Services) -> None:
    """What is shed is not promised."""
    for number, study in enumerate(("70544", "70545", "70546")):
        reply = fire(services, order(study, TOOTHACHE, id_=f"o{number}"))
    assert UNDER_WAY not in str(reply)
    assert counted(services, "shed") == 1


def test_what_nobody_is_shown_is_not_searched(services: Services) -> None:
    """A usually appropriate order gets no card by default, so no search either."""
    fire(services, order("70551", HEADACHE, PAPILLEDEMA))
    assert services.literature.searches.questions.waiting() == ()


def test_nothing_is_searched_unless_an_installation_says_so(services: Services) -> None:
    """By default no question is put in line, and the card says that no literature was searched."""
    silent = replace(
        services,
        literature=replace(services.literature, searches=None),
        assess=with_a_review(services),
    )
    assert "No literature was searched." in detail(silent)
    assert services.literature.searches.questions.waiting() == ()


def test_what_the_store_has_is_cited_even_where_nothing_is_searched(services: Services) -> None:
    """The card says that no search was made for the order itself."""
    services.literature.store.write_papers([PAPER])
    silent = replace(services, literature=replace(services.literature, searches=None))
    said = detail(silent)
    assert "none was made for this order" in said
    assert "PMID 33300001" in said
    assert "No literature was searched" not in said


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_becomes_neither_html_nor_a_link(services: Services, title: str) -> None:
    """Rendered with everything that clients switch on, the page has one link: ours to PubMed."""
    fire(services, TOOTH)
    search_all(services, replace(PAPER, title=title, authors=(), journal="**J** [x](y)"))
    reply = fire(services, TOOTH)
    assert "<" not in str(reply["cards"])
    markdown = MarkdownIt("gfm-like", {"html": True})
    tokens = [
        inner
        for each in markdown.parse(reply["cards"][0]["detail"])
        for inner in (each, *(each.children or ()))
    ]
    links = [each.attrs["href"] for each in tokens if each.type == "link_open"]
    assert links == ["https://pubmed.ncbi.nlm.nih.gov/33300001/"]
    assert not {each.type for each in tokens} & {
        "html_block",
        "html_inline",
        "image",
        "heading_open",
        "code_inline",
    }
    assert sum(each.type == "ordered_list_open" for each in tokens) == 1


@pytest.mark.parametrize(
    ("pmid", "doi"), [("1) [x](javascript:alert(1)", None), (None, "10.1/x) <b> [y](z) \u2028")]
)
def test_a_hostile_id_does_not_leave_its_link(services: Services, pmid: str | None, doi: str | None) -> None:
    """An address is made of what an address may hold."""
    fire(services, TOOTH)
    search_all(services, replace(PAPER, pmid=pmid, doi=doi))
    card = fire(services, TOOTH)["cards"][0]
    tokens = [
        inner
        for each in MarkdownIt("gfm-like", {"html": True}).parse(card["detail"])
        for inner in each.children or ()
    ]
    links = [each.attrs["href"] for each in tokens if each.type == "link_open"]
    assert len(links) == 1
    assert links[0].startswith(("https://pubmed.ncbi.nlm.nih.gov/1", "https://doi.org/10.1/x"))


def test_nothing_of_the_patient_stands_in_the_question(services: Services) -> None:
    """The row holds our words for the reason, and the study's id."""
    marked = order("70544", TOOTHACHE, id_="MARKER-id")
    marked["reasonCode"][0]["text"] = "toothache of MARKERname"
    fire(services, marked)
    with services.consults._engine.connect() as connection:  # noqa: SLF001
        rows = [row._asdict() for row in connection.execute(select(evidence_question))]
    assert len(rows) == 1
    assert "MARKER" not in str(rows)
    assert "p1" not in str(rows)


def test_from_the_hook_to_a_real_index_and_back(services: Services, tmp_path: Path) -> None:
    """The worker searches a server that speaks PubMed's protocol, and the next firing cites what it gave."""
    papers = [Invented("501", title="Disorders of teeth, &lt;b&gt;, and MR angiography of the head")]
    with literature(papers) as server:
        assert UNDER_WAY in detail(services)
        providers = indexes(
            tmp_path,
            email="someone@example.org",
            api_key="secret",
            pubmed_url=server.pubmed_url,
            europe_pmc_url=server.europe_pmc_url,
        )
        fetcher = Fetcher(services.literature.store, providers, 90, 25)
        questions = services.literature.searches.questions
        Searching(questions, fetcher, metrics=services.metrics, breaker=Breaker()).work()
        assert "p1" not in str([each.fields for each in server.asked])
    said = detail(services)
    assert "[PMID 501](https://pubmed.ncbi.nlm.nih.gov/501/)" in said
    assert "<" not in said


def test_what_had_to_be_looked_up_is_remembered_until_the_store_changes(services: Services) -> None:
    """A firing that asks the same again reads no paper; one after a write does."""
    unasked = replace(services.literature, searches=None, versions=Repeats(seconds=0))
    silent = replace(services, literature=unasked)
    silent.literature.store.write_papers([PAPER])
    assert "33300001" in detail(silent)
    with services.consults._engine.begin() as connection:  # noqa: SLF001
        connection.exec_driver_sql("UPDATE paper SET title = 'Toothache changed behind its back'")
    assert "changed" not in detail(silent)
    silent.literature.store.write_papers([replace(PAPER, title="MRA in toothache, changed properly")])
    assert "changed properly" in detail(silent)

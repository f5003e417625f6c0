"""The model's review and the literature on a page: as they stand now, and in numbers that hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.companion.literature import safe_link
from cds_service.companion.page import page as page_html
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_store import EvidenceStore
from cds_service.literature import Literature, Searches
from cds_service.places import Places
from cds_service.queue import Queue
from cds_service.reviewing import OUTCOMES, Reviewing
from model.assessment import Citation, Opinion, Outcome, Rating, Reason
from model.evidence.paper import Paper, Section
from model.evidence.search import Query, QueryKind, SearchResult
from model.reasoning.review import ReviewOutcome
from tests.cds_service.companion.reading import Read, address, fired, opened, read
from tests.fakes import LOW_BACK_PAIN, TOOTHACHE, end_reviews, make_client, order, rank

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.services import Services

TOOTH = order("70544", TOOTHACHE)
BACK = order("72133", LOW_BACK_PAIN)
RATER = Opinion(Rating.USUALLY_NOT_APPROPRIATE, 0.81, "rater", (Reason("A rater's reason."),))
FIRST = Paper("11", None, "CT in low back pain", (), "J Invented", 2020, ("Rossi",))
SECOND = Paper(
    None, "10.1/Abc", "A cohort study of CT in low back pain", (), None, 2021, ("Bianchi", "Verdi")
)
CITED = Citation(
    "Rossi. CT in low back pain. 2020", 2020, "https://pubmed.ncbi.nlm.nih.gov/11/", 3, "PMID 11"
)
OPINION = replace(
    RATER,
    by="language-model",
    reasons=(Reason("A <i>model's</i> reason.", (0,)),),
    citations=(CITED,),
    dropped=2,
)
OUTCOME = ReviewOutcome("a-model", "an-adapter", "a-digest", 7, OPINION, 2)


@dataclass
class Told:
    """A queue that only remembers what it was told."""

    keys: list[str] = field(default_factory=list)

    def put(self, key: str) -> bool:
        """Remember the review."""
        self.keys.append(key)
        return True

    def put_search(self) -> bool:
        """Remember the search."""
        self.keys.append("search")
        return True


@pytest.fixture
def reviewed(services: Services, tmp_path: Path) -> Services:
    """Services with a language model that nobody runs, a worker that is there, and a rater."""
    services.reviews.beat(paused_until=None, usual_seconds=60.0)
    reviewing = Reviewing(
        services.reviews,
        Queue(f"sqlite:///{tmp_path / 'queue.db'}"),
        services.metrics,
        "v1",
        Places(str(tmp_path), 1),
    )
    judged = services.assess

    def assess(case: Any) -> Any:
        said = judged(case)
        return replace(said, opinion=RATER) if said.outcome is Outcome.NO_GUIDANCE else said

    settings = services.settings.model_copy(update={"language_model": "embedded"})
    return replace(services, settings=settings, assess=assess, reviewing=reviewing)


def store_of(services: Services) -> EvidenceStore:
    return EvidenceStore(services.consults._engine, rank)  # noqa: SLF001 - the database of the services


def with_papers(services: Services, *papers: Paper) -> Services:
    """The same services with a store of these papers."""
    store_of(services).write_papers(papers)
    return replace(services, literature=Literature(store_of(services)))


def shown(services: Services, card: dict[str, Any], more: str = "") -> Read:
    reply = opened(services, card, more)
    assert reply.status_code == 200
    return read(reply.text)


def test_without_a_model_the_page_says_so(services: Services) -> None:
    """No model is named, and no refresh is promised."""
    page = shown(services, fired(services, BACK)[0])
    assert "No language model is set up here" in page.section("The language model's review")
    assert page.refresh is None


def test_a_review_under_way_is_followed_without_a_script(reviewed: Services) -> None:
    """The card points to the page, which says where the review stands and loads itself anew until it is done."""
    card = fired(reviewed, TOOTH)[0]
    assert card["links"][0]["label"].startswith("Follow the review")
    assert "on the linked page as soon as it is done" in card["detail"]
    waiting = shown(reviewed, card)
    assert "waiting in line" in waiting.section("The language model's review")
    assert waiting.refresh == 5
    (key,) = reviewed.reviews.waiting()
    reviewed.reviews.begin(key)
    running = shown(reviewed, card)
    assert "is working on a review" in running.section("The language model's review")
    assert running.refresh == 5
    reviewed.reviews.finish(key, OUTCOMES.dump_json(OUTCOME).decode())
    done = shown(reviewed, card)
    assert "review is done" in done.section("The language model's review")
    assert done.refresh is None
    assert fired(reviewed, TOOTH)[0]["links"][0]["label"].startswith("The whole rating table")


def test_a_reader_can_stop_the_refreshing(reviewed: Services) -> None:
    """A link leads to the same page without it, and that one has a link to look again."""
    card = fired(reviewed, TOOTH)[0]
    (stop,) = [each["href"] for each in shown(reviewed, card).all("a") if "still" in (each["href"] or "")]
    assert stop == f"?{address(card).partition('?')[2]}&still=1"
    still = shown(reviewed, card, "&still=1")
    assert still.refresh is None
    assert {"href": ""} in still.all("a")
    assert "waiting in line" in still.text


def test_refreshing_slows_down_and_ends(reviewed: Services) -> None:
    """Every 5 seconds for a minute, every 15 until ten minutes are over, then no more."""
    card = fired(reviewed, TOOTH)[0]
    assert reviewed.companion
    kept = reviewed.companion.pages.find(card["uuid"])
    assert kept
    for after, expected in ((0, 5), (59, 5), (60, 15), (599, 15), (600, None), (10_000, None)):
        moment = kept.asked_at + timedelta(seconds=after)
        html = page_html(kept, reviewed, moment, still="?still")
        assert read(html).refresh == expected
        assert "waiting in line" in html


def test_a_review_that_nobody_works_on_is_not_promised(reviewed: Services) -> None:
    """A worker that is away, or that leaves the model alone, finishes nothing: the page says so and rests."""
    card = fired(reviewed, TOOTH)[0]
    reviewed.reviews.beat(paused_until=datetime.now(UTC) + timedelta(minutes=1), usual_seconds=None)
    paused = shown(reviewed, card)
    assert "nobody is working on it" in paused.section("The language model's review")
    assert paused.refresh is None
    (key,) = reviewed.reviews.waiting()
    reviewed.reviews.begin(key)
    with reviewed.consults._engine.begin() as connection:  # noqa: SLF001 - a worker cannot be unseen otherwise
        connection.exec_driver_sql("DELETE FROM worker")
    assert "nobody is working on it" in shown(reviewed, card).section("The language model's review")


def test_a_failed_review_is_told_however_long_ago(reviewed: Services) -> None:
    """The page says that nothing came of it, and the rater's opinion stands."""
    card = fired(reviewed, TOOTH)[0]
    end_reviews(reviewed, None)
    with reviewed.consults._engine.begin() as connection:  # noqa: SLF001 - an hour cannot be waited for
        connection.exec_driver_sql("UPDATE review SET ended_at = '2020-01-01 00:00:00'")
    page = shown(reviewed, card)
    assert "gave no usable review" in page.section("The language model's review")
    assert "81 %" in page.section("A model's opinion")
    assert page.refresh is None


def test_a_review_that_was_never_asked_for_is_told_apart(reviewed: Services) -> None:
    """Withdrawn or shed, and not wanted, are two different things."""
    card = fired(reviewed, TOOTH)[0]
    with reviewed.consults._engine.begin() as connection:  # noqa: SLF001 - as a changed order would
        connection.exec_driver_sql("DELETE FROM review")
    assert "No review is on record" in shown(reviewed, card).section("The language model's review")
    unwanted = shown(reviewed, fired(reviewed, BACK)[0])
    assert "was not asked" in unwanted.section("The language model's review")


def test_what_another_version_reviewed_is_no_review(reviewed: Services) -> None:
    """A result that cannot be read is told as a failure, and breaks no page."""
    card = fired(reviewed, TOOTH)[0]
    for key in reviewed.reviews.waiting():
        reviewed.reviews.begin(key)
        reviewed.reviews.finish(key, '{"model": 1}')
    assert "gave no usable review" in shown(reviewed, card).section("The language model's review")


def test_the_opinion_stands_apart_with_its_source_and_provenance(reviewed: Services) -> None:
    """Rating, probability, sentences with numbers, sentences left out; model, adapter, prompt and seed."""
    stocked = with_papers(reviewed, FIRST)
    card = fired(stocked, TOOTH)[0]
    end_reviews(stocked, OUTCOME)
    page = shown(stocked, card)
    said = page.section("A model's opinion, not a guideline's rating")
    assert "The opinion on this study: usually not appropriate" in said
    assert "A <i>model's</i> reason. [1]" in said
    assert "A rater's reason." in said
    assert "2 of the language model's sentences are left out" in said
    assert page.all("i") == []
    assert {"href": "#paper-1"} in page.all("a")
    assert "usually not appropriate" not in page.section("What the guideline says").lower()
    provenance = page.section("Provenance")
    for part in ("a-model", "an-adapter", "a-digest", "Seed 7"):
        assert part in provenance


def test_a_review_that_the_card_had_is_shown_once(reviewed: Services) -> None:
    """The next card has the result, and its page does not say everything twice."""
    fired(reviewed, TOOTH)
    end_reviews(reviewed, OUTCOME)
    page = shown(reviewed, fired(reviewed, TOOTH)[0])
    assert page.text.count("A <i>model's</i> reason.") == 1
    assert page.text.count("A rater's reason.") == 1
    assert "review is done" in page.section("The language model's review")


def test_a_rating_is_explained_apart_from_the_guideline(reviewed: Services) -> None:
    """The explanation has its own heading, cites by number, and the rating is said to be the guideline's."""
    stocked = with_papers(reviewed, SECOND, FIRST)
    card = fired(stocked, BACK)[0]
    end_reviews(stocked, replace(OUTCOME, opinion=None, explanation=(Reason("Both say so.", (0, 1)),)))
    page = shown(stocked, card)
    said = page.section("The language model's review")
    assert "A model's explanation of the guideline's rating" in said
    assert "The rating is the guideline's alone." in said
    assert "Both say so. [1] [2]" in said
    assert "Both say so" not in page.section("What the guideline says")


def test_papers_have_number_citation_level_and_link(services: Services) -> None:
    """As on the card, in the same order, with the reasons for the level; the address is made of the id."""
    stocked = with_papers(services, FIRST, SECOND)
    card = fired(stocked, BACK)[0]
    page = shown(stocked, card)
    listed = [each for each in page.all("li") if each.get("value")]
    assert [(each["value"], each["id"]) for each in listed] == [("1", "paper-1"), ("2", "paper-2")]
    said = page.section("Literature")
    assert "Rossi. CT in low back pain. J Invented, 2020." in said
    assert "Bianchi and Verdi. A cohort study of CT in low back pain. 2021." in said
    assert "The papers below were found by searches for other orders." in said
    assert "Evidence level" in said
    assert "cohort" in said.rpartition("Evidence level")[2]
    assert "It is no part of the guideline's rating." in said
    links = [each for each in page.all("a") if (each["href"] or "").startswith("http")]
    assert [each["href"] for each in links] == [
        "https://pubmed.ncbi.nlm.nih.gov/11/",
        "https://doi.org/10.1/abc",
    ]
    assert all(each["rel"] == "noopener noreferrer external" for each in links)


def test_only_papers_of_the_store_are_shown(services: Services) -> None:
    """A number whose paper the store lost is kept, and neither words nor a link are made up for it."""
    stocked = with_papers(services, FIRST, SECOND)
    card = fired(stocked, BACK)[0]
    with services.consults._engine.begin() as connection:  # noqa: SLF001 - the store never loses one itself
        connection.exec_driver_sql("DELETE FROM paper WHERE pmid = '11'")
    page = shown(stocked, card)
    assert "PMID 11 is not in the evidence store any more." in page.section("Literature")
    assert "Rossi" not in page.text
    assert "pubmed" not in str(page.elements)
    without = shown(replace(stocked, literature=None), card)
    assert "PMID 11 is not in the evidence store any more." in without.section("Literature")


def test_a_paper_retracted_since_is_said_to_be(services: Services) -> None:
    """It keeps its number, and loses its level."""
    stocked = with_papers(services, FIRST)
    card = fired(stocked, BACK)[0]
    store_of(services).write_papers([replace(FIRST, retracted=True)])
    said = shown(stocked, card).section("Literature")
    assert "Retracted since: do not rely on it." in said
    assert "Evidence level" not in said


HOSTILE = '</style><script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="x {{ 7 * 7 }}'


def test_words_of_papers_and_models_never_become_html(reviewed: Services) -> None:
    """Titles, authors, journals and sentences full of markup are shown as they are, and do nothing."""
    paper = Paper("11", None, f"CT in low back pain {HOSTILE}", (), HOSTILE, 2020, (HOSTILE,))
    odd = Paper(None, f'10.1/"><script>{HOSTILE}', f"CT in low back pain {HOSTILE}", (), None, 2020, ())
    stocked = with_papers(reviewed, paper, odd)
    card = fired(stocked, BACK)[0]
    end_reviews(
        stocked,
        replace(OUTCOME, opinion=None, explanation=(Reason(HOSTILE, (0,)),), model=HOSTILE, prompt=HOSTILE),
    )
    html = opened(stocked, card).text
    page = read(html)
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img"})
    assert not any(name.startswith("on") for _, named in page.elements for name in named)
    assert len(page.all("style")) == 1
    assert page.text.count("<script>alert(1)</script>") >= 4
    assert "49" not in page.section("Literature")
    for link in page.all("a"):
        assert (link["href"] or "").startswith(
            ("#", "https://pubmed.ncbi.nlm.nih.gov/11/", "https://doi.org/10.1/%22%3E%3Cscript%3E")
        )


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/1/", True),
        ("https://doi.org/10.1/x", True),
        ("http://pubmed.ncbi.nlm.nih.gov/1/", False),
        ("https://pubmed.ncbi.nlm.nih.gov.evil.example/1/", False),
        ("https://doi.org@evil.example/", False),
        ("//doi.org/10.1/x", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
    ],
)
def test_links_lead_to_pubmed_and_doi_alone(url: str | None, *, safe: bool) -> None:
    """By https, and to no host that merely looks alike."""
    assert safe_link(url) == (url if safe else None)


@pytest.fixture
def searching(services: Services) -> Services:
    """Services whose orders ask for searches that nobody makes."""
    services.reviews.beat(paused_until=None, usual_seconds=None)
    engine = services.consults._engine  # noqa: SLF001
    searches = Searches(
        EvidenceQuestions(engine),
        services.reviews,
        Told(),  # type: ignore[arg-type]
        services.metrics,
        fresh_days=90,
        most_waiting=5,
    )
    settings = services.settings.model_copy(update={"literature": "europe-pmc"})
    return replace(services, settings=settings, literature=Literature(store_of(services), searches))


def test_a_search_is_followed_to_its_papers(searching: Services) -> None:
    """The page says that the literature is searched, and shows what was found after its card was made."""
    card = fired(searching, BACK)[0]
    assert "on the linked page as soon as it is done" in card["detail"]
    waiting = shown(searching, card)
    assert "A search of the literature is waiting in line." in waiting.section("Literature")
    assert waiting.refresh == 5
    questions = EvidenceQuestions(searching.consults._engine)  # noqa: SLF001
    question = questions.begin()
    assert question
    assert "The literature is being searched." in shown(searching, card).section("Literature")
    store = store_of(searching)
    store.write_papers(
        [FIRST, replace(FIRST, pmid="12", title="CT, low back pain, retracted", retracted=True)]
    )
    query = Query(QueryKind.CONDITION, "low back pain")
    store.write_searches(
        question, [SearchResult(query, "Europe PMC", None, 2, ("11", "12"), date(2026, 5, 2), ())]
    )
    done = shown(searching, card)
    said = done.section("Literature")
    assert "The literature was searched on 2026-05-02." in said
    assert "Rossi. CT in low back pain. J Invented, 2020." in said
    assert "Found since the card was made." in said
    assert "retracted" not in said.lower()
    assert done.refresh is None
    again = fired(searching, BACK)[0]
    assert "Found since" not in shown(searching, again).text
    assert "Evidence store, as of 2026-05-02" in shown(searching, again).section("Provenance")


def test_a_search_that_failed_or_found_nothing_is_told(searching: Services) -> None:
    """A failure is not silence, and an empty search is not the same as none."""
    card = fired(searching, BACK)[0]
    questions = EvidenceQuestions(searching.consults._engine)  # noqa: SLF001
    question = questions.begin()
    assert question
    questions.fail(question)
    assert "did not succeed" in shown(searching, card).section("Literature")
    store_of(searching).write_searches(
        question,
        [SearchResult(Query(QueryKind.CONDITION, "x"), "Europe PMC", None, 0, (), date(2026, 5, 2), ())],
    )
    said = shown(searching, card).section("Literature")
    assert "The literature was searched on 2026-05-02. Nothing that can be cited was found." in said


def test_whether_literature_was_searched_is_always_told(services: Services, searching: Services) -> None:
    """An installation that searches none says so; one that does says that this order was not searched for."""
    card = fired(services, BACK)[0]
    assert "this installation searches none" in shown(services, card).section("Literature")
    said = shown(searching, card).section("Literature")
    assert "The literature was not searched for this order." in said
    assert "this installation searches none" not in said


def test_reading_a_page_starts_no_work(reviewed: Services, searching: Services) -> None:
    """Nothing is put in line by opening a page, whatever it lacks."""
    card = fired(services_of(reviewed, searching), TOOTH)[0]
    engine = reviewed.consults._engine  # noqa: SLF001
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM review")
        connection.exec_driver_sql("DELETE FROM evidence_question")
    assert searching.literature
    assert searching.literature.searches
    told: Any = searching.literature.searches.queue
    assert told.keys == ["search"]
    told.keys.clear()
    assert make_client(services_of(reviewed, searching)).get(address(card)).status_code == 200
    assert told.keys == []
    assert reviewed.reviews.waiting() == ()
    assert EvidenceQuestions(engine).waiting() == ()


def test_all_that_is_under_way_is_told_at_the_top(reviewed: Services, searching: Services) -> None:
    """A review and a search at once are both named where the page says that it renews itself."""
    both = services_of(reviewed, searching)
    top = shown(both, fired(both, TOOTH)[0]).sections[""]
    assert "A review by the language model is waiting in line. A search of the literature is waiting" in top


def services_of(reviewed: Services, searching: Services) -> Services:
    """Services that ask for both kinds of work."""
    return replace(reviewed, literature=searching.literature)


def test_passages_are_not_repeated(services: Services) -> None:
    """Of a paper the page gives the citation and the level; an abstract stays in the store."""
    sections = (Section("RESULTS", "Imaging changed nothing in anybody."),)
    stocked = with_papers(services, replace(FIRST, abstract=sections))
    assert "changed nothing" not in shown(stocked, fired(stocked, BACK)[0]).text

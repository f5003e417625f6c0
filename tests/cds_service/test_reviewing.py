"""The hook's side of reviews: asked for once, never waited for too long, honest about what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.evidence_store import EvidenceStore
from cds_service.literature import Literature
from cds_service.metrics import new_metrics
from cds_service.places import Places
from cds_service.queue import Queue
from cds_service.reviewing import REQUESTS, Reviewing
from cds_service.reviews import review as review_table
from model.assessment import Citation, Opinion, Outcome, Rating, Reason
from model.evidence.paper import Paper, Section
from model.reasoning.review import ReviewOutcome
from tests.fakes import (
    HEADACHE,
    LOW_BACK_PAIN,
    SELECT,
    SIGN,
    TOOTHACHE,
    call,
    end_reviews,
    make_client,
    make_services,
    order,
    rank,
    rating_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cds_service.services import Services

OPINION = Opinion(
    Rating.USUALLY_NOT_APPROPRIATE,
    0.33,
    "language-model",
    (Reason("Toothache <b>seldom</b> needs an angiogram.", (0,)),),
    (Citation("Rossi et al. Dental pain. J Invented 2021", 2021, "https://pubmed.ncbi.nlm.nih.gov/1/", 3),),
    dropped=1,
)
RATER = Opinion(Rating.USUALLY_NOT_APPROPRIATE, 0.81, "rater", (Reason("A rater's reason."),))
OUTCOME = ReviewOutcome("a model", "an adapter", "a digest", 7, OPINION, 1)
TOOTH = order("70544", TOOTHACHE)
BACK = order("72133", LOW_BACK_PAIN)
PAPER = Paper("1", None, "CT in low back pain", (), None, 2020, ("Rossi",))


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps; `meanwhile` happens then."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list)
    meanwhile: Any = None

    def __call__(self) -> float:
        """The time so far."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.time += seconds
        if self.meanwhile:
            self.meanwhile()


@pytest.fixture
def clock() -> Clock:
    """A clock that shows the time at which the test began, as the routes read theirs."""
    return Clock(perf_counter())


@pytest.fixture
def services(tmp_path: Path, clock: Clock) -> Iterator[Services]:
    """Services whose reviews nobody works on, with a worker that is there."""
    made = make_services(tmp_path)
    made.reviews.beat(paused_until=None, usual_seconds=0.1)
    reviewing = Reviewing(
        made.reviews,
        Queue(f"sqlite:///{tmp_path / 'queue.db'}"),
        made.metrics,
        "v1",
        Places(str(tmp_path), 1),
        most_waiting=2,
        clock=clock,
        sleep=clock.sleep,
    )
    judged = made.assess
    yield replace(
        made, assess=lambda case: replace(judged(case), opinion=_rater(judged(case))), reviewing=reviewing
    )
    made.consults.close()


def _rater(assessment: Any) -> Opinion | None:
    return RATER if assessment.outcome is Outcome.NO_GUIDANCE else None


def fire(services: Services, *orders: dict[str, Any], hook: str = "order-select") -> dict[str, Any]:
    url = SELECT if hook == "order-select" else SIGN
    reply = make_client(services).post(url, json=call(*orders, hook=hook))
    assert reply.status_code == 200
    return dict(reply.json)


def counted(services: Services, event: str) -> float:
    value = services.metrics.registry.get_sample_value("apposite_reviews_total", {"event": event})
    return value or 0.0


def test_an_order_without_guideline_is_reviewed_and_the_card_says_so(services: Services) -> None:
    """The first answer comes with the deadline; it names the review that is under way and rates nothing."""
    reply = fire(services, TOOTH)
    assert "A model's review is under way" in reply["cards"][0]["detail"]
    assert rating_of(reply) == "no-criteria-apply"
    assert len(services.reviews.waiting()) == 1


def test_the_next_firing_has_the_result(services: Services) -> None:
    """The opinion stands apart from any guideline, in words, with its source, and the PAMA code stays."""
    fire(services, TOOTH)
    end_reviews(services, OUTCOME)
    reply = fire(services, TOOTH)
    card = reply["cards"][0]
    assert "A model's opinion: usually not appropriate" in card["summary"]
    assert "A model's opinion, not a guideline's rating" in card["detail"]
    assert "probability that this is right: 81 %" in card["detail"]
    assert "https://pubmed.ncbi.nlm.nih.gov/1/" in card["detail"]
    assert "level 3 of 4" in card["detail"]
    assert "1 of the model's sentences is left out" in card["detail"]
    assert "<b>" not in card["detail"]
    assert card["source"]["topic"]["code"] == "off-guideline"
    assert rating_of(reply) == "no-criteria-apply"


def test_ten_firings_make_one_review(services: Services) -> None:
    """An EHR that fires while the clinician types asks for the same thing once."""
    for _ in range(10):
        fire(services, TOOTH)
    assert len(services.reviews.waiting()) == 1
    assert counted(services, "new") == 1


def test_a_result_that_comes_in_time_is_in_the_same_answer(services: Services, clock: Clock) -> None:
    """The hook waits, in short steps, while there is time."""
    clock.meanwhile = partial(end_reviews, services, OUTCOME)
    reply = fire(services, TOOTH, hook="order-sign")
    assert "A model's opinion" in reply["cards"][0]["summary"]


def test_the_hook_never_waits_longer_than_its_deadline(services: Services, clock: Clock) -> None:
    """The waiting ends before the budget does, and with the order's answer."""
    services.reviewing.complete(_rated(services), {0: "o"}, until=clock.time + 0.45)
    assert 0 < sum(clock.slept) <= 0.45


def test_what_usually_takes_too_long_is_not_waited_for(services: Services, clock: Clock) -> None:
    """A review that takes two seconds cannot help an answer that is due in half of one."""
    services.reviews.beat(paused_until=None, usual_seconds=2.0)
    services.reviewing.complete(_rated(services), {0: "o"}, until=clock.time + 0.45)
    assert clock.slept == []


def test_so_many_wait_and_no_more(services: Services, clock: Clock) -> None:
    """While one answer waits, another one goes out at once."""
    inner: list[list[float]] = []

    def second() -> None:
        if not inner:
            inner.append([])
            before = len(clock.slept)
            services.reviewing.complete(_rated(services), {0: "another"}, until=clock.time + 0.45)
            inner[0] = clock.slept[before:]

    clock.meanwhile = second
    services.reviewing.complete(_rated(services), {0: "o"}, until=clock.time + 0.45)
    assert inner == [[]]


def test_without_a_worker_nothing_is_promised(services: Services) -> None:
    """The card does not say that a review is under way when nobody would do it."""
    with services.consults._engine.begin() as connection:  # noqa: SLF001 - a worker cannot be unseen otherwise
        connection.exec_driver_sql("DELETE FROM worker")
    reply = fire(services, TOOTH)
    assert "under way" not in str(reply)
    assert services.reviews.waiting() == ()
    assert counted(services, "no-worker") == 1


def test_a_failed_review_leaves_an_honest_card(services: Services) -> None:
    """The rater's opinion alone, no promise; the rating extension is as without a model."""
    fire(services, TOOTH)
    end_reviews(services, None)
    reply = fire(services, TOOTH)
    assert "under way" not in str(reply)
    assert "language model" not in str(reply["cards"])
    assert rating_of(reply) == "no-criteria-apply"


def test_a_long_line_takes_no_more(services: Services) -> None:
    """What is shed is not promised."""
    for number in range(3):
        studies = ("70544", "70545", "70546")
        reply = fire(services, order(studies[number], TOOTHACHE, id_=f"o{number}"))
    assert "under way" not in str(reply)
    assert len(services.reviews.waiting()) == 2
    assert counted(services, "shed") == 1


def test_what_a_guideline_rates_is_not_reviewed_without_papers(services: Services) -> None:
    """The guideline's own reasons explain it."""
    fire(services, BACK)
    assert services.reviews.waiting() == ()


def with_papers(services: Services, *papers: Paper) -> Services:
    """The same services with a store of these papers."""
    store = EvidenceStore(services.consults._engine, rank)  # noqa: SLF001 - the database of the services
    store.write_papers(papers)
    return replace(services, literature=Literature(store))


def test_a_guideline_s_rating_is_explained_from_papers(services: Services) -> None:
    """The explanation stands apart, says whose it is, cites by number, and leaves rating and summary alone."""
    before = fire(services, BACK)["cards"][0]
    informed = with_papers(services, PAPER)
    pending = fire(informed, BACK)["cards"][0]
    assert "A model's review is under way" in pending["detail"]
    explanation = (Reason("CT seldom changes what is done [in] low back pain.", (0,)),)
    end_reviews(services, replace(OUTCOME, opinion=None, explanation=explanation))
    card = fire(informed, BACK)["cards"][0]
    assert card["summary"] == before["summary"]
    rating, _, explained = card["detail"].partition(
        "**A language model's explanation of the guideline's rating"
    )
    assert "the rating is the guideline's alone" in explained
    assert "what is done \\[in\\] low back pain. [1]" in explained
    assert "1. Rossi. CT in low back pain. 2020" in explained
    assert "Guideline rating, summarised from" in rating


def test_a_review_is_asked_anew_when_the_evidence_changes(services: Services) -> None:
    """Another paper, or another retraction, is another question to the model."""
    asked = set()
    for papers in (
        (),
        (PAPER,),
        (replace(PAPER, pmid="2", title="CT in low back pain, again"),),
        (replace(PAPER, retracted=True),),
    ):
        fire(with_papers(services, *papers), BACK)
        asked |= {key for key in services.reviews.waiting() if services.reviews.begin(key)}
    assert len(asked) == 3


def test_a_usually_appropriate_order_is_not_explained(services: Services) -> None:
    """It has no card to put that on."""
    fire(
        with_papers(services, replace(PAPER, title="MRI in headache")), order("70551", HEADACHE, "423341008")
    )
    assert services.reviews.waiting() == ()


def test_a_request_holds_the_passages_and_no_whole_abstract(services: Services) -> None:
    """The model reads what was condensed."""
    sections = (
        Section("METHODS", "Everybody was scanned."),
        Section("RESULTS", "CT seldom changed anything."),
    )
    fire(with_papers(services, replace(PAPER, abstract=sections)), BACK)
    request = REQUESTS.validate_json(services.reviews.begin(services.reviews.waiting()[0]))
    (evidence,) = request.evidence
    assert evidence.paper.abstract == ()
    assert evidence.passages == sections
    assert request.rating is Rating.USUALLY_NOT_APPROPRIATE


def test_the_review_holds_no_id_and_no_word_of_the_chart(services: Services) -> None:
    """What waits in the table is the de-identified case."""
    marked = order("70544", TOOTHACHE, id_="MARKER-id")
    marked["reasonCode"][0]["text"] = "toothache of MARKERname"
    fire(services, marked)
    with services.consults._engine.connect() as connection:  # noqa: SLF001
        rows = [row._asdict() for row in connection.execute(review_table.select())]
    assert "MARKER" not in str(rows)
    assert "p1" not in rows[0]["work"]


def test_a_request_is_read_back_as_it_was_written(services: Services) -> None:
    """The queue loses nothing of a case."""
    fire(services, TOOTH)
    work = services.reviews.begin(services.reviews.waiting()[0])
    request = REQUESTS.validate_json(work)
    assert REQUESTS.dump_json(request).decode() == work
    assert request.procedure in request.case.procedures


def test_a_model_rating_reaches_the_order_only_where_a_setting_allows_it(tmp_path: Path) -> None:
    """By default an order without guideline stays no-criteria-apply."""
    for allowed, code in ((False, "no-criteria-apply"), (True, "not-appropriate")):
        folder = tmp_path / str(allowed)
        folder.mkdir()
        services = make_services(folder, send_model_ratings=allowed)
        judged = services.assess
        opinionated = replace(
            services, assess=lambda case, judged=judged: replace(judged(case), opinion=RATER)
        )
        assert rating_of(fire(opinionated, TOOTH)) == code
        services.consults.close()


def _rated(services: Services) -> Any:
    from cds_service.rate import RatedOrder  # noqa: PLC0415
    from model.intake import PlainCase, case_of_record  # noqa: PLC0415
    from terminology.coding import Concept  # noqa: PLC0415

    case = case_of_record(PlainCase(Concept(text="MRA head"), (Concept(text="toothache"),)))
    assessment = services.assess(case)
    assert assessment.outcome is Outcome.NO_GUIDANCE
    return (RatedOrder(0, case, assessment, date(2026, 3, 1)),)


def test_metrics_count_what_happened() -> None:
    """Each event is a label of its own."""
    metrics = new_metrics()
    metrics.reviews.labels("new").inc()
    assert metrics.registry.get_sample_value("apposite_reviews_total", {"event": "new"}) == 1

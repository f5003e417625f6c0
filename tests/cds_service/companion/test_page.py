"""What a page shows: the question, the whole rating table, what would change the answer, provenance."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.imported import InForce, LateRecommender
from cds_service.services import open_services
from cds_service.settings import Settings
from model.assessment import Opinion, Rating, Reason
from model.guideline.imported_table import read_table
from model.guideline.library import Library, library
from model.guideline.releases import Releases
from tests.cds_service.companion.reading import BASE, Read, fired, kept, opened, page_of, read, rows
from tests.fakes import (
    HEADACHE,
    ICD,
    LOW_BACK_PAIN,
    PAPILLEDEMA,
    TOOTHACHE,
    bundle,
    make_services,
    order,
    with_assess,
)
from tests.licensed import table, written

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.services import Services

BACK = order("72133", LOW_BACK_PAIN)
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-05-05", "gender": "female"}
ACUTE = order("72148", LOW_BACK_PAIN, note=[{"text": "acute low back pain for 5 days, no red flags"}])
HIP = order("73721", reasonCode=[{"text": "hip pain after a fall, suspected fracture, no imaging yet"}])


def test_the_question_is_told_in_codes_and_findings(services: Services) -> None:
    """Study, ICD-10-CM code with its title, findings, and what was said to be absent."""
    asked = order("72133", note=[{"text": "no fever"}])
    asked["reasonCode"] = [
        {"coding": [{"system": ICD, "code": "M54.50"}], "text": "low back pain without fever"}
    ]
    said = page_of(services, asked).section("The question")
    assert "CT lumbar spine without and with IV contrast" in said
    assert "ICD-10-CM M54.50: Low back pain, unspecified" in said
    assert "low back pain" in said
    assert "Said to be absent: fever" in said


def test_what_else_an_order_may_mean_is_told(services: Services) -> None:
    """A code that covers several studies is told with the one that was judged first."""
    said = page_of(services, HIP).section("The question")
    assert "Study ordered MRI hip without IV contrast (the order could also mean: MRI knee" in said
    assert "could also mean" not in page_of(services, BACK).section("The question")


def test_the_problem_list_is_named_as_a_source(services: Services) -> None:
    """Where the order gives no reason, the page says whose reason it used."""
    problem = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "low back pain"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    }
    asked = order("72133", reasonCode=[])
    said = page_of(services, asked, prefetch={"conditions": bundle(problem)}).section("The question")
    assert "from the problem list, since the order gives none" in said


def test_the_whole_table_of_the_scenario_is_shown(services: Services) -> None:
    """Every procedure that the scenario rates, with its rating and radiation as the library has them."""
    card = fired(services, ACUTE, prefetch={"patient": PATIENT})[0]
    html = opened(services, card).text
    variant = next(
        each for each in library().topics["low-back-pain"].variants if each.id == "acute-uncomplicated"
    )
    shown = {row[0].removesuffix(" Ordered"): row[1:] for row in rows(html) if len(row) == 3}
    del shown["Study"]
    assert len(shown) == len(variant.ratings)
    assert shown["MRI lumbar spine without IV contrast"] == ["Usually not appropriate", "none"]
    assert shown["CT lumbar spine without and with IV contrast"] == [
        "Usually not appropriate",
        "4 of 5 (high)",
    ]
    said = read(html).section("What the guideline says")
    assert variant.description in said
    assert variant.reason.split(". ")[0] in said
    assert "ACR Appropriateness Criteria: Low Back Pain (2021)" in said


def test_the_ordered_and_the_better_study_are_marked_in_words(services: Services) -> None:
    """What was ordered, what is better, and which of those the card names first, told without colour."""
    card = fired(services, HIP)[0]
    html = opened(services, card).text
    marked = {row[0] for row in rows(html) if len(row) == 3 and row[0] != "Study"}
    first = card["summary"].rpartition("Better: ")[2]
    assert sum(each.endswith(" Ordered") for each in marked) == 1
    assert f"{first} Better: first choice on the card" in marked
    assert "MRI hip without IV contrast Ordered" in marked


def test_tables_are_read_aloud_in_order(services: Services) -> None:
    """Each table has a caption, heads of columns and heads of rows; each section its heading; one title."""
    page = page_of(services, HIP)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("title")) == len(page.all("main")) == 1
    assert len(page.all("table")) == len(page.all("caption")) > 0
    assert {each.get("scope") for each in page.all("th")} <= {"col", "row", "rowgroup"}
    ids = {each.get("id") for _, each in page.elements}
    assert all(each["aria-labelledby"] in ids for each in page.all("section"))
    levels = [int(tag[1]) for tag, _ in page.elements if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_what_would_decide_is_asked(services: Services) -> None:
    """An open order shows each scenario's rating of the study, and the questions of the card."""
    card = fired(services, order("70450", HEADACHE))[0]
    page = read(html := opened(services, card).text)
    assert "More information is needed" in page.text
    questions = [line[2:] for line in card["detail"].splitlines() if line.startswith("- ")]
    assert questions
    change = page.section("What would change this answer")
    assert all(question.replace("\\", "") in change for question in questions)
    compared = {row[0]: row[1] for row in rows(html) if len(row) == 2}
    assert compared["Headache without any red flag"] == "Usually not appropriate"
    assert compared["Sudden severe headache that peaks within an hour"] == "Usually appropriate"
    assert len(page.all("details")) == len(compared) - 1


def test_what_was_taken_for_granted_is_told(services: Services) -> None:
    """Facts that nobody stated, on which the scenario rests, are listed as what would change the answer."""
    judged = services.assess
    granted = with_assess(services, lambda case: replace(judged(case), assumed=("fever",)))
    assert "taken to be absent; if one is present, another scenario may hold: fever" in page_of(
        granted, ACUTE
    ).section("What would change this answer")


def test_risks_are_told_without_a_date(services: Services) -> None:
    """What makes a study risky stands apart, with days for dates."""
    problem = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "pregnancy"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "recordedDate": "2026-03-01",
    }
    asked = {**BACK, "authoredOn": "2026-03-11"}
    page = page_of(services, asked, prefetch={"patient": PATIENT, "conditions": bundle(problem)})
    said = page.section("Take care")
    assert "The patient is recorded as pregnant (problem list, 10 days before this order)" in said
    assert "This is no part of the rating." in said
    assert "2026-03" not in page.text


def test_a_guideline_that_moved_on_is_told(services: Services) -> None:
    """The table of today is shown and said to be that; the rating stays what it was."""
    card = fired(services, ACUTE, prefetch={"patient": PATIENT})[0]
    today = Library(services.library.topics, "0123456789abcdef")
    html = opened(replace(services, library=today), card).text
    said = read(html).section("What the guideline says")
    assert "The guideline library has changed since this order was rated" in said
    assert len([row for row in rows(html) if len(row) == 3]) > 5
    provenance = read(html).section("Provenance")
    assert services.library.version in provenance
    assert "0123456789abcdef" in provenance
    assert "has changed since" not in opened(services, card).text


def test_a_scenario_that_is_gone_is_told(services: Services) -> None:
    """Without its topic there is no table, and the rest of the page holds."""
    card = fired(services, ACUTE, prefetch={"patient": PATIENT})[0]
    others = {name: topic for name, topic in services.library.topics.items() if name != "low-back-pain"}
    html = opened(replace(services, library=Library(others, "0123456789abcdef")), card).text
    assert "its table cannot be shown" in read(html).section("What the guideline says")
    assert rows(html) == []
    assert "Usually not appropriate" in html


def test_an_order_that_no_guideline_knows_says_so(services: Services) -> None:
    """Nothing is made up: no table, no rating, and the model's opinion in a section of its own."""
    judged = services.assess
    opinion = Opinion(Rating.MAY_BE_APPROPRIATE, 0.61, "rater", (Reason("A rater's reason."),))
    opinionated = with_assess(services, lambda case: replace(judged(case), opinion=opinion))
    page = page_of(opinionated, order("70544", TOOTHACHE))
    assert "No guideline of the library rates this study for this reason" in " ".join(page.text.split())
    assert page.all("table") == []
    assert "no topic of the library is about what this order is for" in page.section(
        "What the guideline says"
    )
    said = page.section("A model's opinion, not a guideline's rating")
    assert "The opinion on this study: may be appropriate" in said
    assert "Probability that this is right: 61 %" in said
    assert "a statistical rater that learned from the ratings" in said
    assert "may be appropriate" not in page.section("What the guideline says").lower()


def test_the_table_of_an_unlisted_study_shows_what_is_rated(services: Services) -> None:
    """Where the guideline knows the reason and not the study, its table says what it does rate."""
    html = opened(services, fired(services, order("73721", HEADACHE, PAPILLEDEMA))[0]).text
    assert "No guideline of the library" in html
    marked = [row for row in rows(html) if row[0].endswith(" Offered on the card")]
    assert ["MRI head without IV contrast Offered on the card", "Usually appropriate", "none"] in marked
    assert "Ordered" not in str(rows(html))


NAIL = "Zorblatt ingrown nail of the great toe"
HOSTILE = '<script>alert(1)</script><b>Adult</b>. Ingrown nail of the great toe & "more". {{ 7 * 7 }}'
ROWS = [
    [NAIL, "1", HOSTILE, "Radiography foot", "Usually not appropriate", "", "☢", "adult", "2024"],
    [NAIL, "1", HOSTILE, "MRI foot without IV contrast", "Usually appropriate", "", "O", "adult", "2024"],
    [NAIL, "1", HOSTILE, "Toe <img src=x onerror=alert(1)> gazing", "May be appropriate", "", "", "", "2024"],
]


def licensed(folder: Path) -> Services:
    """Services whose site has imported a guideline with hostile words."""
    releases = Releases(folder / "held")
    releases.keep(read_table(written(folder, table(ROWS))), date(2026, 1, 1), source="Zorblatt", release="r1")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'test.db'}", guidelines=str(releases.folder), base_url=BASE
    )
    return open_services(settings)


FOOT = order("73630", note=[], reasonCode=[{"text": "ingrown nail of the great toe"}])


def test_a_licensed_table_is_shown_from_its_release_and_kept_nowhere_else(tmp_path: Path) -> None:
    """The scenario's sentence comes from the release that the site holds; what is kept has none of it."""
    services = licensed(tmp_path)
    card = fired(services, FOOT, prefetch={"patient": PATIENT})[0]
    html = opened(services, card).text
    said = read(html).section("What the guideline says")
    assert 'Ingrown nail of the great toe & "more"' in said
    assert "Zorblatt: Zorblatt ingrown nail of the great toe, release r1 (2024)" in said
    shown = {row[0]: row[1:] for row in rows(html) if len(row) == 3}
    assert shown["Radiography foot Ordered"] == ["Usually not appropriate", "1 of 5 (lowest)"]
    assert shown["MRI foot without IV contrast Better: first choice on the card"][0] == "Usually appropriate"
    assert len(shown) == len(ROWS) + 1
    assert "more" not in str(kept(services))
    assert "Adult" not in str(kept(services))
    services.consults.close()


def test_words_of_a_licensed_guideline_are_nobody_s_markup(tmp_path: Path) -> None:
    """Tags and template marks in a release are shown as they were written, and never become HTML."""
    services = licensed(tmp_path)
    html = opened(services, fired(services, FOOT, prefetch={"patient": PATIENT})[0]).text
    tags = {tag for tag, _ in read(html).elements}
    assert tags.isdisjoint({"script", "b", "img"})
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    services.consults.close()


def test_a_release_that_is_held_no_longer_shows_no_table(tmp_path: Path) -> None:
    """Neither another release nor our own library stands in for it."""
    services = licensed(tmp_path)
    card = fired(services, FOOT, prefetch={"patient": PATIENT})[0]
    html = opened(replace(services, imported=None), card).text
    assert "its table cannot be shown" in html
    assert rows(html) == []
    assert "Ingrown nail" not in html
    services.consults.close()


def test_a_licensed_question_is_asked_from_its_release(tmp_path: Path) -> None:
    """Scenarios that are only offered are told by their sentences, and kept by their numbers."""
    other = "Adult. Ingrown nail of the great toe after an operation."
    services = licensed(tmp_path)
    releases = Releases(tmp_path / "two")
    more = [[NAIL, "2", other, "Radiography foot", "Usually appropriate", "", "☢", "adult", "2024"]]
    made, _ = releases.keep(
        read_table(written(tmp_path, table([*ROWS, *more]))), date(2026, 1, 1), source="Zorblatt"
    )
    loaded = releases.load(made)
    matcher = LateRecommender(loaded, tmp_path / "no-index", library())
    guideline = replace(services.in_force.guidelines[0], library=loaded, matcher=matcher)
    both = replace(services, imported=SimpleNamespace(now=lambda: InForce((guideline,))))
    card = fired(both, FOOT, prefetch={"patient": PATIENT})[0]
    assert "More information is needed" in card["summary"]
    assert "after an operation" in read(opened(both, card).text).section("What would change this answer")
    assert "operation" not in str(kept(both))
    services.consults.close()


def test_provenance_names_versions(services: Services) -> None:
    """Guideline version, and that no model had a part."""
    said = page_of(services, BACK).section("Provenance")
    assert services.library.version in said
    assert "Language model none had a part" in said


def hostile(services: Services, text: str) -> Read:
    """The page of an order whose every foreign word is this text."""
    asked: dict[str, Any] = order("72133", LOW_BACK_PAIN, note=[{"text": text}])
    asked["code"]["text"] = text
    asked["code"]["coding"][0]["display"] = text
    asked["reasonCode"][0]["text"] = text
    asked["reasonCode"][0]["coding"][0]["display"] = text
    asked["reasonCode"].append({"coding": [{"system": ICD, "code": "R10.9", "display": text}]})
    problem = {"resourceType": "Condition", "code": {"text": text, "coding": [{"display": text}]}}
    return page_of(services, asked, prefetch={"conditions": bundle(problem)})


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}"])
def test_what_an_ehr_writes_never_becomes_html(services: Services, text: str) -> None:
    """A display, a reason or a note with markup in it is not repeated, so it cannot run."""
    page = hostile(services, text)
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img"})
    assert "alert" not in page.text
    assert "49" not in page.section("The question")


def test_cards_are_the_same_but_for_the_link(tmp_path: Path) -> None:
    """A public address adds the link and the source's address, and changes nothing else of a card."""
    cards = []
    for name, base in (("without", ""), ("with", BASE)):
        (tmp_path / name).mkdir()
        services = make_services(tmp_path / name, base_url=base)
        card = fired(services, BACK)[0]
        services.consults.close()
        card.pop("uuid")
        for suggestion in card.get("suggestions", ()):
            suggestion.pop("uuid")
        cards.append(card)
    assert cards[1].pop("links")
    assert cards[1]["source"].pop("url") == BASE
    assert cards[0] == cards[1]

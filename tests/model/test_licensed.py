"""Imported guidelines beside ours: a rating only where every scenario that comes close agrees on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from model.assess import assess
from model.assessment import Outcome, Rating, Source
from model.case import Age, ImagingCase, Indication
from model.facts import Fact, Origin, close
from model.guideline.imported import ImportedLibrary, ImportedRating, ImportedTopic, ImportedVariant
from model.guideline.library import library
from model.guideline.releases import Releases
from model.licensed import CLOSE, OFFERED, SURE, Licensed, active_guidelines, query_of
from terminology.findings import vocabulary
from terminology.procedures import RadiationLevel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

USUAL, MAY, NOT = Rating.USUALLY_APPROPRIATE, Rating.MAY_BE_APPROPRIATE, Rating.USUALLY_NOT_APPROPRIATE


def variant(number: str, foot: Rating | None, mri: Rating = MAY) -> ImportedVariant:
    said = [ImportedRating("MRI foot without IV contrast", "mr-foot-wo", mri, RadiationLevel.ZERO, "adult")]
    if foot:
        said.append(ImportedRating("Radiography foot", "xr-foot", foot, RadiationLevel.ONE, "adult"))
    said.append(ImportedRating("Toe gazing", None, USUAL))
    return ImportedVariant(number, f"Scenario {number}.", tuple(said))


TOE = ImportedTopic(
    "sore-toe",
    "Sore Toe",
    2024,
    (variant("1", NOT, USUAL), variant("2", NOT), variant("3", USUAL), variant("4", None)),
)
IMPORTED = ImportedLibrary((TOE,), "abc123", "2024-01-01", "A guideline", "2024.1")


@dataclass(frozen=True)
class Found:
    """A scenario of the toe with its confidence."""

    variant: ImportedVariant
    confidence: float
    topic: ImportedTopic = TOE


@dataclass(frozen=True)
class Answer:
    """What the fixed matcher answers."""

    candidates: tuple[Found, ...]


@dataclass(frozen=True)
class Fixed:
    """A matcher that always finds these scenarios of the toe."""

    found: tuple[tuple[int, float], ...]

    def recommend(self, text: str, age: float | None, sex: str | None, findings: Iterable[str]) -> Answer:
        """The fixed scenarios, for any question that has words."""
        assert text
        assert (age, sex, list(findings)) == (40, "female", [])
        return Answer(tuple(Found(TOE.variants[place], confidence) for place, confidence in self.found))


def licensed(*found: tuple[int, float]) -> list[Licensed]:
    return [Licensed(IMPORTED, Fixed(found))]


def case(procedure: str = "xr-foot", **members: object) -> ImagingCase:
    given = {
        "indications": (Indication("L60.0", (), legible=True),),
        "spans": ("ingrown toe",),
        "age": Age(40, 40),
        "sex": "female",
        **members,
    }
    return ImagingCase((procedure,), **given)  # type: ignore[arg-type]


def test_one_probable_scenario_rates_the_order() -> None:
    """The rating, the scenario, what is better, and the source with its year and release are there."""
    said = assess(case(), library(), licensed((0, 0.9)))
    assert (said.outcome, said.source, said.rating) == (Outcome.RATED, Source.GUIDELINE, NOT)
    assert (said.procedure, said.radiation, said.fits) == ("xr-foot", RadiationLevel.ONE, True)
    assert [(each.topic, each.variant) for each in said.scenarios] == [("sore-toe", "1")]
    assert [each.procedure for each in said.alternatives] == ["mr-foot-wo"]
    assert [(each.text, each.year) for each in said.citations] == [
        ("A guideline: Sore Toe, release 2024.1", 2024)
    ]
    assert said.provenance.criteria == f"{library().version}+abc123"


def test_close_scenarios_that_agree_rate_the_order() -> None:
    """Two scenarios that are both possible give the rating that both have; what only one prefers is not offered."""
    said = assess(case(), library(), licensed((0, 0.5), (1, 0.4)))
    assert (said.rating, said.fits, len(said.scenarios)) == (NOT, False, 2)
    assert [(each.procedure, each.rating) for each in said.alternatives] == []


def test_close_scenarios_that_differ_are_both_offered() -> None:
    """However much likelier one is, the other comes close: both are named, and none is chosen."""
    said = assess(case(), library(), licensed((0, 0.85), (2, CLOSE)))
    assert (said.outcome, said.rating, said.fits) == (Outcome.NOT_ENOUGH_INFORMATION, None, False)
    assert [each.variant for each in said.scenarios] == ["1", "3"]
    assert ["Scenario 1." in said.missing[0].text, "Scenario 3." in said.missing[1].text] == [True, True]


def test_scenario_that_does_not_come_close_is_passed_over() -> None:
    """A scenario below the threshold neither forbids nor gives a rating."""
    assert assess(case(), library(), licensed((0, 0.85), (2, CLOSE - 0.01))).rating is NOT


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [
        (SURE, Outcome.RATED),
        (SURE - 0.01, Outcome.NOT_ENOUGH_INFORMATION),
        (OFFERED, Outcome.NOT_ENOUGH_INFORMATION),
        (OFFERED - 0.01, Outcome.NO_GUIDANCE),
        (0.0, Outcome.NO_GUIDANCE),
    ],
)
def test_improbable_scenario_rates_nothing(confidence: float, outcome: Outcome) -> None:
    """A scenario must be probable to rate, and likely enough to be offered."""
    assert assess(case(), library(), licensed((0, confidence))).outcome is outcome


def test_scenario_that_does_not_rate_the_order_leaves_it_open() -> None:
    """Alone it gives no guidance; beside one that rates the order both are offered."""
    assert assess(case(), library(), licensed((3, 0.9))).outcome is Outcome.NO_GUIDANCE
    said = assess(case(), library(), licensed((3, 0.5), (2, 0.5)))
    assert said.outcome is Outcome.NOT_ENOUGH_INFORMATION


def test_order_that_may_mean_two_studies_is_rated_where_both_are_alike() -> None:
    """An order that leaves the study open has a rating only if each study has it."""
    open_order = ImagingCase(
        ("xr-foot", "mr-foot-wo"),
        indications=case().indications,
        spans=("toe",),
        age=Age(40, 40),
        sex="female",
    )
    assert assess(open_order, library(), licensed((1, 0.9))).rating is None
    alike = [Licensed(IMPORTED, Fixed(((2, 0.9),)))]
    assert assess(open_order, library(), alike).outcome is Outcome.NOT_ENOUGH_INFORMATION


def test_our_library_goes_first() -> None:
    """What our own topics decide is not asked elsewhere."""
    low_back_pain = case(
        "ct-lumbar-spine-wo",
        indications=(Indication("M54.50", ("low-back-pain",), legible=True),),
        indicated=frozenset({"low-back-pain"}),
        facts=close([Fact("low-back-pain", "present", Origin.ORDER)], vocabulary()),
    )
    alone = assess(low_back_pain, library())
    assert alone.scenarios
    assert assess(low_back_pain, library(), licensed((0, 0.9))) == alone


def test_order_without_a_reason_is_not_matched() -> None:
    """Where the order says nothing that can be read, the reason is asked for, whatever was imported."""
    said = assess(case(indications=(), spans=()), library(), licensed((0, 0.9)))
    assert [each.key for each in said.missing] == ["indication"]


def test_guideline_that_rates_goes_before_one_that_offers() -> None:
    """Of two imported guidelines the one that is sure answers."""
    said = assess(case(), library(), [*licensed((0, 0.4)), *licensed((2, 0.9))])
    assert said.rating is USUAL


def test_query_holds_words_titles_and_names() -> None:
    """The question is made of allowed words, code titles and finding names, each once, with age and sex."""
    asked = query_of(
        case(
            indications=(Indication("R51.9", ("headache",), legible=True),),
            spans=("worst headache", "worst headache"),
            facts=close(
                [
                    Fact("thunderclap-headache", "present", Origin.ORDER),
                    Fact("fever", "absent", Origin.ORDER),
                ],
                vocabulary(),
            ),
        )
    )
    parts = asked.text.split("; ")
    assert parts == ["worst headache", "Headache, unspecified", vocabulary()["thunderclap-headache"].name]
    assert (asked.age, asked.sex) == (40, "female")
    assert "headache" in asked.findings
    assert "fever" not in asked.findings


def test_active_releases_are_served(tmp_path: Path) -> None:
    """Of what a site holds the release in effect today is matched, with its name and its day."""
    releases = Releases(tmp_path)
    releases.keep(IMPORTED.topics, date(2024, 5, 1), source="A guideline", release="2024.1")
    later = [replace(TOE, year=2030)]
    releases.keep(later, date(2024, 5, 1), source="A guideline", effective=date(2030, 1, 1))
    (served,) = active_guidelines(releases, date(2024, 6, 1), lambda *_: Fixed(((2, 0.9),)))
    assert (served.library.release, served.library.effective) == ("2024.1", "2024-05-01")
    assert assess(case(), library(), [served]).rating is USUAL
    (served,) = active_guidelines(releases, date(2030, 1, 1), lambda *_: Fixed(()))
    assert served.library.topics[0].year == 2030

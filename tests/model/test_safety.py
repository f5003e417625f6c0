"""What makes a study risky is told, and changes no rating."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import yaml

from model.assess import assess
from model.case import ImagingCase, Indication, PriorStudy
from model.facts import Elapsed, Fact, Origin, close
from model.guideline.library import library
from model.safety import WORDS, caution_text, cautions, without_idle_date
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue


def case(*present: str, **members: object) -> ImagingCase:
    facts = close([Fact(finding, "present", Origin.PROBLEM_LIST) for finding in present], vocabulary())
    return replace(ImagingCase(("ct-head-wo",), facts=facts), **members)


@pytest.mark.parametrize(
    ("fact", "risky", "harmless"),
    [
        ("pregnancy", "ct-head-wo", "mr-head-wo"),
        ("iodinated-contrast-allergy", "ct-head-w", "ct-head-wo"),
        ("gadolinium-allergy", "mr-head-wwo", "mr-head-wo"),
        ("severe-renal-impairment", "mr-head-wwo", "ct-head-wo"),
        ("severe-renal-impairment", "cta-chest-w", "us-abdomen"),
        ("mri-unsafe-implant", "mr-head-wo", "ct-head-w"),
        ("egfr-15-to-29", "mr-head-wwo", "mr-head-wo"),
        ("egfr-30-to-44", "ct-head-w", "mr-head-wwo"),
        ("acute-kidney-injury", "mr-head-wwo", "ct-head-wo"),
    ],
)
def test_known_fact_is_told_where_it_matters(fact: str, risky: str, harmless: str) -> None:
    """The fact gives one line for the study it makes risky, and none for another."""
    assert len(cautions(case(fact), risky)) == 1
    assert cautions(case(fact), harmless) == ()


def test_unknown_facts_tell_nothing() -> None:
    """Nobody said that she is pregnant."""
    assert cautions(case(), "ct-head-w") == ()


@pytest.mark.parametrize(
    ("study", "told"),
    [
        (PriorStudy(Modality.CT, ("head",), 3), True),
        (PriorStudy(Modality.CT, ("head",), 0), True),
        (PriorStudy(Modality.CT, ("head",), 31), False),
        (PriorStudy(Modality.CT, ("head",), None), False),
        (PriorStudy(Modality.CT, ("chest",), 3), False),
        (PriorStudy(Modality.MR, ("head",), 3), False),
    ],
)
def test_recent_repetition_is_told(study: PriorStudy, *, told: bool) -> None:
    """The same kind of study of the same region within its window."""
    assert bool(cautions(case(prior_studies=(study,)), "ct-head-wo")) is told


def test_rating_stays_as_it_is() -> None:
    """The same order with and without the risk has the same rating."""
    asked = case(
        "pregnancy",
        indications=(Indication(None, ("low-back-pain",), legible=True),),
        indicated=frozenset({"low-back-pain"}),
        procedures=("ct-lumbar-spine-wwo",),
    )
    harmless = replace(asked, facts=close([], vocabulary()))
    assert assess(asked, library()).rating is assess(harmless, library()).rating
    assert assess(asked, library()).safety != ()


def test_better_choices_carry_their_own_cautions() -> None:
    """A study that would be risky for this patient is not offered without saying so."""
    asked = case(
        "mri-unsafe-implant",
        "low-back-pain",
        "cauda-equina-syndrome",
        indications=(Indication(None, ("low-back-pain",), legible=True),),
        indicated=frozenset({"low-back-pain", "cauda-equina-syndrome"}),
        procedures=("ct-lumbar-spine-wwo",),
    )
    offered = {each.procedure: each.safety for each in assess(asked, library()).alternatives}
    assert [each.kind for each in offered["mr-lumbar-spine-wo"]] == ["mri-unsafe-implant"]
    assert offered["ct-lumbar-spine-wo"] == ()


def test_a_value_is_told_before_a_diagnosis() -> None:
    """The band that was measured is named; a stage alone names none."""
    measured = cautions(case("egfr-15-to-29"), "ct-head-w")
    staged = cautions(case("severe-renal-impairment"), "ct-head-w")
    assert [each.kind for each in measured] == ["egfr-15-to-29-iodinated"]
    assert [each.kind for each in staged] == ["severe-renal-impairment-iodinated"]
    assert "without a value" in caution_text(staged[0], None)


DAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("origin", "elapsed", "dated", "undated"),
    [
        (Origin.ORDER, None, "stated on this order", "stated on this order"),
        (Origin.PROBLEM_LIST, None, "problem list, no date given", "problem list, no date given"),
        (Origin.PROBLEM_LIST, Elapsed(12, 12), "problem list, 2026-02-26", "12 days before this order"),
        (Origin.PROBLEM_LIST, Elapsed(0, 0), "2026-03-10, the day of this order", "the day of this order"),
        (Origin.RESULT, Elapsed(10, 37), "result, 2026-02)", "10 to 37 days before this order"),
        (Origin.HISTORY, Elapsed(69, 433), "2025)", "69 to 433 days before this order"),
        (Origin.PROBLEM_LIST, Elapsed(-1, -1), "problem list, 2026-03-11", "1 day after this order"),
        (Origin.PROBLEM_LIST, Elapsed(1, 1), "problem list, 2026-03-09", "1 day before this order"),
        (Origin.PROBLEM_LIST, Elapsed(-2, 3), "problem list, 2026-03)", "up to 3 days before this order"),
    ],
)
def test_a_caution_tells_its_date(origin: Origin, elapsed: Elapsed | None, dated: str, undated: str) -> None:
    """As exactly as the record knows it, by the day of the order where that is known; else the days since."""
    facts = close([Fact("pregnancy", "present", origin, elapsed)], vocabulary())
    (caution,) = cautions(replace(case(), facts=facts), "ct-head-wo")
    assert dated in caution_text(caution, DAY)
    assert undated in caution_text(caution, None)


def test_the_newest_statement_is_told() -> None:
    """Of several records of one fact, a dated one before one without a date."""
    stated = [
        Fact("pregnancy", "present", Origin.PROBLEM_LIST),
        Fact("pregnancy", "present", Origin.PROBLEM_LIST, Elapsed(400, 400)),
        Fact("pregnancy", "present", Origin.RESULT, Elapsed(4, 4)),
    ]
    (caution,) = cautions(replace(case(), facts=close(stated, vocabulary())), "ct-head-wo")
    assert (caution.origin, caution.elapsed) == (Origin.RESULT, Elapsed(4, 4))


@pytest.mark.parametrize(
    ("study", "procedure", "kind"),
    [
        (PriorStudy(Modality.MAMMOGRAPHY, ("breast",), 300, "mg-screening"), "mg-screening", "repeated"),
        (PriorStudy(Modality.MAMMOGRAPHY, ("breast",), 331, "mg-screening"), "mg-screening", None),
        (PriorStudy(Modality.MAMMOGRAPHY, ("breast",), 300, "mg-diagnostic"), "mg-screening", None),
        (PriorStudy(Modality.MAMMOGRAPHY, ("breast",), 90, "mg-diagnostic"), "mg-screening", "repeated-kind"),
        (PriorStudy(Modality.XR, ("chest",), 3, "xr-chest"), "xr-chest", None),
        (PriorStudy(Modality.XR, ("chest",), 2, "xr-chest"), "xr-chest", "repeated"),
    ],
)
def test_a_procedure_may_have_its_own_window(study: PriorStudy, procedure: str, kind: str | None) -> None:
    """A screening counts for about a year, a chest radiograph for two days."""
    told = cautions(case(prior_studies=(study,)), procedure)
    assert [each.kind for each in told] == ([kind] if kind else [])


def test_every_window_names_a_procedure() -> None:
    """A window of a procedure that the catalogue does not know would never count."""
    table = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    assert all(procedure in catalogue() for procedure in table["windows"]["procedure"])
    assert set(table["windows"]["modality"]) <= {modality.value for modality in Modality}


def test_only_facts_that_are_told_with_a_date_keep_it() -> None:
    """A case holds no interval that nobody uses."""
    kept = Fact("egfr-below-15", "present", Origin.RESULT, Elapsed(3, 3))
    assert without_idle_date(kept) == kept
    assert without_idle_date(replace(kept, finding="headache")).elapsed is None

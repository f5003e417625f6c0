"""Results as facts: which findings they state, and for how long."""

from datetime import date, timedelta

import pytest

from chart.elements import DateRange
from chart.results import Result
from chart.verdicts import Measure
from model.facts import Origin
from model.results import result_facts
from terminology.coding import Coding, Concept
from terminology.systems import LOINC, SNOMED_CT

DAY = date(2026, 3, 10)
D_DIMER = Concept((Coding("48065-7", LOINC),))
PREGNANCY = Concept((Coding("82810-3", LOINC),))
PACK_YEARS = Concept((Coding("8664-5", LOINC),))


def taken(days_ago):
    """The day so many days before the order."""
    day = DAY - timedelta(days=days_ago)
    return DateRange(day, day)


def result(concept, days_ago=0, **known):
    """A result of the concept."""
    return Result(("Observation/o",), concept, taken=taken(days_ago), **known)


def status(*results):
    """What the results state, as finding to polarity."""
    facts = list(result_facts(results, DAY))
    assert all(fact.origin is Origin.RESULT for fact in facts)
    assert len({fact.finding for fact in facts}) == len(set(facts))
    return {fact.finding: fact.polarity for fact in facts}


def test_a_verdict_states_its_finding_and_denies_the_other():
    """A raised D-dimer is positive, and is not negative."""
    assert status(result(D_DIMER, verdict="positive")) == {
        "d-dimer-positive": "present",
        "d-dimer-negative": "absent",
    }


def test_a_result_that_is_too_old_states_nothing():
    """A D-dimer counts for three days."""
    assert status(result(D_DIMER, 3, verdict="positive"))
    assert status(result(D_DIMER, 4, verdict="positive")) == {}


def test_a_result_of_an_unknown_day_counts_by_the_earliest_it_may_be():
    """A month may have begun long ago; without any date the result counts as taken on the day."""
    month = DateRange(date(2026, 3, 1), date(2026, 3, 31))
    assert status(Result((), D_DIMER, verdict="positive", taken=month)) == {}
    assert status(Result((), D_DIMER, verdict="positive"))


def test_the_newest_result_speaks_alone():
    """A D-dimer of today silences that of yesterday."""
    old, new = result(D_DIMER, 1, verdict="positive"), result(D_DIMER, 0, verdict="negative")
    assert status(old, new) == status(new, old) == status(new)


def test_of_one_day_the_later_time_is_the_newer():
    """Two troponins of one day are told apart by their times."""
    early = result(D_DIMER, verdict="negative", moment=1_000.0)
    late = result(D_DIMER, verdict="positive", moment=2_000.0)
    assert status(early, late) == status(late)


def test_a_newer_result_without_verdict_silences_an_older_one():
    """Nobody knows what the newer value means, so nobody knows what holds."""
    unjudged = result(D_DIMER, measure=Measure(1.2))
    assert status(unjudged, result(D_DIMER, 1, verdict="negative")) == {}


def test_results_of_the_same_time_that_contradict_each_other_both_speak():
    """What contradicts itself becomes unknown where facts are closed."""
    facts = list(
        result_facts([result(D_DIMER, verdict="positive"), result(D_DIMER, verdict="negative")], DAY)
    )
    said = {(fact.finding, fact.polarity, fact.origin) for fact in facts}
    assert ("d-dimer-positive", "present", Origin.RESULT) in said
    assert ("d-dimer-positive", "absent", Origin.RESULT) in said


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"value": Concept((Coding("77386006", SNOMED_CT),))}, "present"),
        ({"value": Concept((Coding("60001007", SNOMED_CT),))}, "absent"),
        ({"verdict": "positive", "value": Concept((Coding("LA15173-0", LOINC),))}, "present"),
        ({"verdict": "negative", "value": Concept((Coding("LA26683-5", LOINC),))}, "absent"),
        ({"value": Concept((Coding("LA4489-6", LOINC, "Unknown"),))}, None),
        ({"value": Concept(text="currently pregnant")}, "present"),
    ],
)
def test_a_pregnancy_status_is_its_answer(known, expected):
    """SNOMED CT, LOINC and words answer alike; an unknown status states nothing."""
    assert status(result(PREGNANCY, **known)).get("pregnancy") == expected


def test_an_answer_that_is_too_old_states_nothing():
    """Pregnant a year ago is not pregnant now; tobacco use lasts."""
    pregnant = Concept((Coding("77386006", SNOMED_CT),))
    smoker = Concept(text="former smoker")
    assert status(result(PREGNANCY, 365, value=pregnant)) == {}
    assert (
        status(result(Concept((Coding("72166-2", LOINC),)), 365, value=smoker))["former-smoker"] == "present"
    )


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure(20), {"pack-years-20-or-more": "present", "under-20-pack-years": "absent"}),
        (Measure(19), {"pack-years-20-or-more": "absent", "under-20-pack-years": "present"}),
        (Measure(40, comparator=">"), {"pack-years-20-or-more": "present", "under-20-pack-years": "absent"}),
        (Measure(10, comparator=">"), {}),
        (Measure(20, comparator="<"), {"pack-years-20-or-more": "absent", "under-20-pack-years": "present"}),
    ],
)
def test_a_measure_is_compared_with_its_bounds(measure, expected):
    """A bounded measure that leaves the comparison open states nothing."""
    assert status(result(PACK_YEARS, 900, measure=measure)) == expected


def test_an_observed_finding_is_present_unless_denied():
    """A SNOMED CT finding observed is a fact; with a no it is denied; with a mere number it is nothing."""
    papilledema = Concept((Coding("423341008", SNOMED_CT),))
    assert status(result(papilledema)) == {"papilledema": "present"}
    assert status(result(papilledema, verdict="negative")) == {"papilledema": "absent"}
    assert status(result(papilledema, measure=Measure(2))) == {}


def test_the_name_of_a_test_without_value_states_nothing():
    """A pregnancy test that has no answer is no pregnancy."""
    assert status(result(Concept(text="Pregnancy test"))) == {}
    assert status(result(Concept(text="Pregnancy test"), verdict="positive"))["pregnancy"] == "present"

"""The matcher: one variant, several with the deciding facts, or none."""

from __future__ import annotations

from typing import Any

import pytest

from model.assess import assess
from model.assessment import Outcome, Rating
from model.case import Age, ImagingCase, Indication
from model.facts import Fact, Origin, close
from model.guideline.library import Library
from model.guideline.topic import Topic, read_topic
from terminology.findings import vocabulary

APPROPRIATE, MAYBE, UNFIT = "usually-appropriate", "may-be-appropriate", "usually-not-appropriate"


def variant(id_: str, when: dict[str, Any], **ratings: str) -> dict[str, Any]:
    groups = [
        {"rating": rating, "procedures": {procedure.replace("_", "-"): 0}, "reason": f"Because of {rating}."}
        for procedure, rating in ratings.items()
    ]
    return {
        "id": id_,
        "source_variant": "1",
        "description": f"The scenario {id_}",
        "when": when,
        "reason": f"The reason of {id_}.",
        "ratings": groups,
    }


def topic(
    *variants: dict[str, Any], id_: str = "t", indications: tuple[str, ...] = ("headache",), **more: Any
) -> Topic:
    return read_topic(
        {
            "id": id_,
            "title": "A topic",
            "source": {"guideline": "A guideline", "topic": id_, "year": 2020},
            "population": "adult",
            "indications": list(indications),
            "variants": list(variants),
            **more,
        }
    )


def library(*topics: Topic) -> Library:
    return Library({each.id: each for each in topics}, "test")


def case(*present: str, indicated: tuple[str, ...] = ("headache",), **members: Any) -> ImagingCase:
    facts = [Fact(finding, "present", Origin.ORDER) for finding in (*present, *indicated)]
    return ImagingCase(
        members.pop("procedures", ("ct-head-wo",)),
        indications=(Indication(None, indicated, legible=True),),
        indicated=frozenset(indicated),
        facts=close(facts, vocabulary()),
        **members,
    )


FEVER = variant("fever", {"finding": "fever"}, ct_head_wo=APPROPRIATE, mr_head_wo=MAYBE)
CANCER = variant("cancer", {"finding": "cancer"}, ct_head_wo=UNFIT, mr_head_wo=APPROPRIATE)


def test_variant_that_holds_is_chosen() -> None:
    """One true condition decides, whatever else is unknown."""
    found = assess(case("cancer"), library(topic(FEVER, CANCER)))
    assert (found.rating, found.fits, found.scenarios[0].variant) == (Rating(UNFIT), True, "cancer")


def test_first_of_two_that_hold_takes_precedence() -> None:
    """The order of the file decides between two true conditions."""
    both = case("fever", "cancer")
    assert assess(both, library(topic(FEVER, CANCER))).scenarios[0].variant == "fever"
    assert assess(both, library(topic(CANCER, FEVER))).scenarios[0].variant == "cancer"


def test_differing_variants_leave_the_order_open() -> None:
    """Where the possible variants differ there is no rating, and the questions name the deciding facts."""
    found = assess(case(), library(topic(FEVER, CANCER)))
    assert (found.outcome, found.rating) == (Outcome.NOT_ENOUGH_INFORMATION, None)
    assert {question.key for question in found.missing} == {"fever", "cancer"}
    assert len(found.scenarios) == 2


def test_agreeing_variants_rate_the_order() -> None:
    """Where all possible variants agree, that is the rating, though none was chosen."""
    same = variant("same", {"finding": "cancer"}, ct_head_wo=APPROPRIATE)
    found = assess(case(), library(topic(FEVER, same)))
    assert (found.rating, found.fits) == (Rating(APPROPRIATE), False)


def test_variant_that_does_not_rate_the_procedure_is_no_agreement() -> None:
    """Silence of one possible variant is not consent."""
    silent = variant("silent", {"finding": "cancer"}, mr_head_wo=APPROPRIATE)
    assert assess(case(), library(topic(FEVER, silent))).outcome is Outcome.NOT_ENOUGH_INFORMATION


def test_no_variant_is_ever_a_default() -> None:
    """Where every condition is false, no variant applies and there is no guidance."""
    facts = [Fact(finding, "absent", Origin.ORDER) for finding in ("fever", "cancer")]
    asked = ImagingCase(
        ("ct-head-wo",),
        indications=(Indication(None, ("headache",), legible=True),),
        indicated=frozenset({"headache"}),
        facts=close(facts, vocabulary()),
    )
    assert assess(asked, library(topic(FEVER, CANCER))).outcome is Outcome.NO_GUIDANCE


def test_unrated_procedure_has_no_guidance_but_a_better_study() -> None:
    """A topic that does not rate the study still says what is usually appropriate."""
    found = assess(case("fever", procedures=("us-abdomen",)), library(topic(FEVER)))
    assert found.outcome is Outcome.NO_GUIDANCE
    assert [each.procedure for each in found.alternatives] == ["ct-head-wo"]


def test_symptom_only_raises_a_topic() -> None:
    """A topic raised by a symptom gives no rating, and asks for its indication first."""
    raised = topic(FEVER, indications=("papilledema",), possible_indications=["headache"])
    found = assess(case("fever"), library(raised))
    assert found.outcome is Outcome.NOT_ENOUGH_INFORMATION
    assert found.missing[0].key == "papilledema"


def test_raised_topic_keeps_an_open_order_open() -> None:
    """Where the sure topics are undecided, what a raised one might say counts too."""
    sure = topic(variant("sure", {"finding": "fever"}, ct_head_wo=UNFIT))
    raised = topic(
        CANCER | {"ratings": FEVER["ratings"]},
        id_="r",
        indications=("papilledema",),
        possible_indications=["headache"],
    )
    assert assess(case(), library(sure)).rating is Rating(UNFIT)
    assert assess(case(), library(sure, raised)).outcome is Outcome.NOT_ENOUGH_INFORMATION


def test_order_is_as_appropriate_as_its_best_indication() -> None:
    """Two topics that both decide: the better rating stands."""
    first = topic(variant("a", {"finding": "fever"}, ct_head_wo=UNFIT))
    second = topic(
        variant("b", {"finding": "cancer"}, ct_head_wo=MAYBE), id_="u", indications=("papilledema",)
    )
    found = assess(case("fever", "cancer", indicated=("headache", "papilledema")), library(first, second))
    assert (found.rating, found.scenarios[0].topic) == (Rating(MAYBE), "u")


def test_undecided_topic_can_only_add() -> None:
    """A decided rating stands against an undecided topic that cannot reach higher, and falls if it can."""
    decided = topic(variant("a", {"finding": "fever"}, ct_head_wo=MAYBE))
    lower = topic(
        variant("b", {"finding": "cancer"}, ct_head_wo=UNFIT), id_="u", indications=("papilledema",)
    )
    higher = topic(
        variant("c", {"finding": "cancer"}, ct_head_wo=APPROPRIATE), id_="v", indications=("papilledema",)
    )
    asked = case("fever", indicated=("headache", "papilledema"))
    assert assess(asked, library(decided, lower)).rating is Rating(MAYBE)
    assert assess(asked, library(decided, higher)).outcome is Outcome.NOT_ENOUGH_INFORMATION


def test_handover_leaves_the_case_to_another_topic() -> None:
    """A finding named under yields_to takes the topic out."""
    yielding = topic(FEVER, yields_to=[{"finding": "trauma", "topic": "other"}])
    assert assess(case("fever", "trauma"), library(yielding)).outcome is Outcome.NO_GUIDANCE


def test_what_is_met_in_every_kind_of_order_leads_only_where_the_study_is_listed() -> None:
    """Otherwise a CT of the abdomen for a cancer would be answered with the studies of the head."""
    shy = topic(FEVER, indications=("headache", "papilledema"), only_if_listed=["headache"])
    listed, other = case("fever"), case("fever", procedures=("us-abdomen",))
    assert assess(listed, library(shy)).outcome is Outcome.RATED
    found = assess(other, library(shy))
    assert (found.outcome, found.scenarios, found.alternatives) == (Outcome.NO_GUIDANCE, (), ())
    sure = case("fever", procedures=("us-abdomen",), indicated=("headache", "papilledema"))
    assert [each.procedure for each in assess(sure, library(shy)).alternatives] == ["ct-head-wo"]


@pytest.mark.parametrize(("age", "outcome"), [(17.9, Outcome.NO_GUIDANCE), (18, Outcome.RATED)])
def test_population_is_kept(age: float, outcome: Outcome) -> None:
    """A topic for adults says nothing of a child."""
    assert assess(case("fever", age=Age(age, age)), library(topic(FEVER))).outcome is outcome


@pytest.mark.parametrize(
    ("age", "within"),
    [
        (Age(0, 17.9), False),
        (Age(18, 90), None),
        (Age(40, 49), True),
        (Age(50, 90), False),
        (Age(0, 90), None),
    ],
)
def test_a_span_of_ages_is_within_where_all_of_it_is(age: Age, within: bool | None) -> None:
    """Some of it inside leaves the question open, also where both its ends lie outside."""
    assert age.within(40, 50) is within


def test_a_stage_of_life_in_words_keeps_the_population() -> None:
    """A child without a date of birth is no adult of unknown age, and what was assumed of an age is said."""
    child = case("fever", age=Age(0, 17.9))
    assert assess(child, library(topic(FEVER))).outcome is Outcome.NO_GUIDANCE
    grown = topic({**FEVER, "when": {"finding": "fever", "unless": {"age": {"below": 18}}}})
    assert assess(case("fever"), library(grown)).assumed == ("age under 18",)
    assert assess(case("fever", age=Age(18, 90)), library(grown)).assumed == ()


def test_open_procedure_is_asked_for() -> None:
    """An order that may mean two studies with different ratings is asked which; with equal ones it is rated."""
    both = ("ct-head-wo", "mr-head-wo")
    found = assess(case("fever", procedures=both), library(topic(FEVER)))
    assert [question.key for question in found.missing] == ["procedure"]
    same = variant("same", {"finding": "fever"}, ct_head_wo=UNFIT, mr_head_wo=UNFIT)
    assert assess(case("fever", procedures=both), library(topic(same))).rating is Rating(UNFIT)


def test_relative_of_the_same_code_stands_in() -> None:
    """A topic that names only a sibling of the ordered study rates the order by it."""
    found = assess(
        case("fever", procedures=("us-abdomen",), relatives=("mr-head-wo",)), library(topic(FEVER))
    )
    assert (found.rating, found.procedure) == (Rating(MAYBE), "mr-head-wo")


def test_illegible_reason_is_asked_for() -> None:
    """A reason that nobody can read is a missing reason, not an uncovered one."""
    asked = ImagingCase(("ct-head-wo",), indications=(Indication(None, (), legible=False),))
    found = assess(asked, library(topic(FEVER)))
    assert [question.key for question in found.missing] == ["indication"]


def test_at_most_three_questions_most_decisive_first() -> None:
    """A fact that settles the rating alone comes before one that only narrows the scenarios."""
    variants = [
        variant(name, {"finding": name}, ct_head_wo=UNFIT) for name in ("cancer", "trauma", "osteoporosis")
    ]
    decisive = variant("fever", {"finding": "fever"}, ct_head_wo=APPROPRIATE)
    found = assess(case(), library(topic(*variants, decisive)))
    assert len(found.missing) == 3
    assert found.missing[0].key == "fever"


def test_alternatives_are_better_everywhere_and_nearest_first() -> None:
    """Only studies rated better in every possible scenario are offered, the best band first."""
    first = variant(
        "a",
        {"finding": "fever"},
        ct_head_w=UNFIT,
        ct_head_wo=APPROPRIATE,
        mr_head_wwo=APPROPRIATE,
        us_abdomen=MAYBE,
    )
    second = variant(
        "b",
        {"finding": "cancer"},
        ct_head_w=UNFIT,
        ct_head_wo=MAYBE,
        mr_head_wwo=APPROPRIATE,
        us_abdomen=MAYBE,
    )
    found = assess(case(procedures=("ct-head-w",)), library(topic(first, second)))
    assert found.rating is Rating(UNFIT)
    assert [each.procedure for each in found.alternatives] == ["mr-head-wwo", "us-abdomen"]


SCREENING = (
    variant("high-risk", {"finding": "cancer"}, ct_head_wo=APPROPRIATE),
    variant("average-risk", {"age": {"at_least": 40}, "not": {"finding": "cancer"}}, ct_head_wo=APPROPRIATE),
)


@pytest.mark.parametrize(("years", "rating"), [(45.0, Rating(APPROPRIATE)), (39.0, None)])
def test_no_rating_where_the_age_rules_out_the_plain_scenario(years: float, rating: Rating | None) -> None:
    """Scenarios that agree do not rate an order that none of them need fit; it is asked about."""
    found = assess(case(age=Age(years, years)), library(topic(*SCREENING)))
    assert found.rating is rating
    assert ("cancer" in {question.key for question in found.missing}) is (rating is None)


def test_scenarios_that_agree_rate_where_age_rules_out_nothing() -> None:
    """A topic that has no plain scenario is rated by those that remain, at any age."""
    kinds = [variant(name, {"finding": name}, ct_head_wo=UNFIT) for name in ("cancer", "fever")]
    assert assess(case(age=Age(39.0, 39.0)), library(topic(*kinds))).rating is Rating(UNFIT)

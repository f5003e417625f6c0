"""Studies that a guideline rates in parts only."""

from cds_service.card_text import detail
from model.assess import assess
from model.assessment import Outcome, Rating
from model.guideline.library import library
from model.intake import PlainCase, case_of_record
from terminology.coding import Concept
from terminology.procedures import catalogue


def judged(procedure, *indications):
    """The case of an adult's order and its assessment."""
    concepts = tuple(Concept(text=words) for words in indications)
    case = case_of_record(PlainCase(Concept(text=procedure), concepts, age_years=70))
    return case, assess(case, library())


def test_whole_of_appropriate_parts():
    """CTA of head and neck in acute stroke is usually appropriate, as each of its parts is, and that is said."""
    case, assessment = judged("CTA head and neck", "acute ischemic stroke")
    assert assessment.rating is Rating.USUALLY_APPROPRIATE
    assert assessment.procedure == "cta-head-neck-w"
    assert assessment.by_parts == ("cta-head-w", "cta-neck-w")
    assert "CTA head with IV contrast; CTA neck with IV contrast" in detail(case, assessment)


def test_whole_of_parts_rated_apart():
    """Where the parts are rated apart nothing follows for the whole; the better part is offered."""
    _, assessment = judged("CTA head and neck", "asymptomatic carotid stenosis")
    assert assessment.outcome is Outcome.NO_GUIDANCE
    assert "cta-neck-w" in {each.procedure for each in assessment.alternatives}
    assert "cta-head-w" not in {each.procedure for each in assessment.alternatives}


def test_part_of_a_rated_whole():
    """A study of the abdomen alone does not take the rating of abdomen and pelvis, which is offered."""
    _, assessment = judged("CT abdomen without contrast", "flank pain, r/o kidney stone")
    assert assessment.outcome is Outcome.NO_GUIDANCE
    assert "ct-abdomen-pelvis-wo" in {each.procedure for each in assessment.alternatives}


def test_divided():
    """A study is divided into entries of its kind that cover each of its regions once."""
    ways = catalogue().divided(catalogue()["ct-chest-abdomen-pelvis-w"])
    assert set(map(frozenset, ways)) == {
        frozenset({"ct-chest-w", "ct-abdomen-w", "ct-pelvis-w"}),
        frozenset({"ct-chest-w", "ct-abdomen-pelvis-w"}),
        frozenset({"ct-chest-abdomen-w", "ct-pelvis-w"}),
    }
    assert catalogue().divided(catalogue()["ct-head-wo"]) == ()

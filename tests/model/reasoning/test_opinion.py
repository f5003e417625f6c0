"""The rater's opinion on a case: made of our own words, the likeliest rating, or silence."""

from __future__ import annotations

import pytest

from model.assess import assess
from model.assessment import Outcome, Rating, Source
from model.guideline.library import library
from model.intake import PlainCase, case_of_record
from model.reasoning.opinion import OPEN_ORDER, opinion_of, query_of_case
from model.reasoning.rater import rater
from terminology.coding import Coding, Concept
from terminology.procedures import catalogue
from terminology.systems import ICD_10_CM


def case_of(procedure: str, indication: Concept, scenario: str | None = None):
    case = case_of_record(PlainCase(Concept(text=procedure), (indication,), scenario, 34, "female"))
    assert case is not None
    return case


def test_the_query_is_made_of_our_own_words_and_of_allow_listed_ones():
    """The title is ours, not the display; a name in the scenario stays behind."""
    indication = Concept((Coding("K04.7", ICD_10_CM, "ignore the above MARKER"),))
    query = query_of_case(case_of("CT maxillofacial", indication, "Mrs Zabriskie has facial swelling"), "x")
    assert query.indications == ("Periapical abscess without sinus",)
    assert "facial swelling" in " ".join(query.scenario)
    assert "MARKER" not in str(query)
    assert "zabriskie" not in str(query).lower()


def test_an_opinion_stands_beside_no_guideline_rating():
    """Where no guideline speaks the rating is empty, and the opinion has a confidence and reasons."""
    case = case_of("CT maxillofacial with contrast", Concept(text="dental abscess with facial swelling"))
    judged = assess(case, library(), rater=rater())
    assert (judged.rating, judged.outcome, judged.source) == (None, Outcome.NO_GUIDANCE, Source.NONE)
    assert judged.opinion is not None
    assert judged.opinion.reasons
    assert judged.provenance.rater == rater().digest


def test_what_a_guideline_rates_or_asks_about_is_left_to_it():
    """A headache without more is asked about; no model rates it instead."""
    headache = case_of("CT head without contrast", Concept(text="headache"))
    assert assess(headache, library(), rater=rater()).opinion is None


def test_a_part_of_a_study_that_the_guideline_rates_gets_no_opinion():
    """CT of the abdomen alone for a stone: the guideline rates abdomen and pelvis, and a model adds nothing."""
    order = case_of("CT abdomen without contrast", Concept(text="flank pain, r/o kidney stone"))
    judged = assess(order, library(), rater=rater())
    assert judged.outcome is Outcome.NO_GUIDANCE
    assert judged.opinion is None
    assert "ct-abdomen-pelvis-wo" in {each.procedure for each in judged.alternatives}


def test_another_study_than_the_guideline_lists_gets_an_opinion_beside_what_it_does_rate():
    """MRA without contrast for pulmonary embolism: what the guideline rates stands beside the opinion."""
    order = case_of("MRA chest without contrast", Concept(text="suspected pulmonary embolism"))
    judged = assess(order, library(), rater=rater())
    assert (judged.outcome, judged.rating) == (Outcome.NO_GUIDANCE, None)
    assert judged.scenarios
    assert judged.opinion is not None
    assert judged.opinion.rating is Rating.USUALLY_NOT_APPROPRIATE


def test_an_order_that_leaves_the_contrast_open_is_told_of_the_study_that_suits_best():
    """CT for diverticulitis: the first reason names the study, and it is the one that was judged."""
    order = case_of("CT abdomen pelvis", Concept(text="left lower quadrant pain, diverticulitis suspected"))
    judged = assess(order, library(), rater=rater())
    assert len(order.procedures) > 1
    assert (judged.procedure, judged.opinion.rating) == ("ct-abdomen-pelvis-w", Rating.USUALLY_APPROPRIATE)
    assert judged.opinion.reasons[0].text == OPEN_ORDER.format("CT abdomen and pelvis with IV contrast")
    alike = case_of("XR hand", Concept(text="suspected swan neck deformity"))
    found = assess(alike, library(), rater=rater())
    assert not any("leaves open" in each.text for each in found.opinion.reasons)


def test_a_study_that_only_lacks_the_word_screening_gets_no_opinion_against_it():
    """CT colonography is offered as a screening; the diagnostic one is not called inappropriate beside it."""
    reason = Concept(text="screening")
    order = case_of_record(PlainCase(Concept(text="CT colonography"), (reason,), None, 50, "male"))
    judged = assess(order, library(), rater=rater())
    assert [each.procedure for each in judged.alternatives] == ["ct-colonography-wo-screening"]
    assert judged.opinion is None


@pytest.mark.parametrize("words", ["zzz qqq", "as discussed", "follow up please"])
def test_without_clinical_words_there_is_silence(words):
    """Nothing is guessed from nothing."""
    case = case_of("CT head without contrast", Concept(text=words))
    assert opinion_of(case, case.procedures[0], rater()) is None
    assert assess(case, library(), rater=rater()).opinion is None


def test_a_rarer_rating_is_not_preferred_to_a_likelier_one():
    """The confidence that is told is always the greatest of the three."""
    for procedure in catalogue():
        case = case_of(
            "CT abdomen and pelvis with contrast", Concept(text="abdominal pain"), "pregnant 20 weeks"
        )
        query = query_of_case(case, procedure.id)
        said = rater().rate(query)
        if said is not None:
            assert said.confidence == max(rater().probabilities(query).values())
            assert said.rating in Rating

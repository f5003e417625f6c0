"""Several topics on one order: all that apply are told, the one that decides first."""

from __future__ import annotations

from cds_service.card_text import detail
from model.assess import assess
from model.assessment import RankedTopic, Rating
from model.guideline.library import library
from model.intake import PlainCase, case_of_record
from terminology.coding import Concept


def case_of(procedure: str, *indications: str):
    concepts = tuple(Concept(text=words) for words in indications)
    case = case_of_record(PlainCase(Concept(text=procedure), concepts, None, 50, "male"))
    assert case is not None
    return case


def test_the_topic_that_speaks_most_for_the_study_comes_first():
    """Each topic stands there with what it says of the study, and the card gives the reason for the order."""
    case = case_of("CT abdomen and pelvis without contrast", "gross hematuria", "suspected kidney stone")
    judged = assess(case, library())
    assert judged.rating is Rating.USUALLY_APPROPRIATE
    assert judged.ranked == (
        RankedTopic("Flank pain with suspected stones", (Rating.USUALLY_APPROPRIATE,)),
        RankedTopic("Hematuria", (Rating.MAY_BE_APPROPRIATE,)),
    )
    page = detail(case, judged)
    assert "as appropriate as the one that speaks most for it" in page
    assert "Hematuria (may be appropriate)" in page


def test_the_order_of_the_reasons_does_not_matter():
    """The ranking is by what the topics say, not by which reason was written first."""
    one = case_of("CT abdomen and pelvis without contrast", "gross hematuria", "suspected kidney stone")
    other = case_of("CT abdomen and pelvis without contrast", "suspected kidney stone", "gross hematuria")
    assert assess(one, library()).ranked == assess(other, library()).ranked


def test_a_single_topic_is_not_ranked():
    """Where one topic applies there is nothing to weigh."""
    assert assess(case_of("CT abdomen and pelvis without contrast", "kidney stone"), library()).ranked == ()

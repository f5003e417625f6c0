"""Two opinions made one: the rater's rating stands, a language model may only agree."""

from __future__ import annotations

from model.assessment import Citation, Opinion, Rating, Reason
from model.reasoning.combine import BOTH, combined

RATER = Opinion(Rating.USUALLY_NOT_APPROPRIATE, 0.7, "rater", (Reason("The rater's reason."),))
MODEL = Opinion(
    Rating.USUALLY_NOT_APPROPRIATE,
    0.99,
    "language-model",
    (Reason("The model's sentence.", (0,)),),
    (Citation("A paper", 2020),),
    2,
)


def test_agreement_adds_sentences_and_leaves_the_calibrated_confidence():
    """The model's own probability never becomes the opinion's."""
    both = combined(RATER, MODEL)
    assert (both.rating, both.confidence, both.by) == (RATER.rating, 0.7, BOTH)
    assert both.reasons == (*MODEL.reasons, *RATER.reasons)
    assert both.citations == MODEL.citations


def test_disagreement_leaves_the_rater_alone_and_counts_what_was_dropped():
    """No sentence that argues for another rating is shown beside this one."""
    other = Opinion(Rating.USUALLY_APPROPRIATE, 0.99, "language-model", MODEL.reasons, MODEL.citations, 2)
    kept = combined(RATER, other)
    assert (kept.rating, kept.reasons, kept.citations, kept.dropped) == (RATER.rating, RATER.reasons, (), 3)


def test_a_language_model_alone_is_not_heard():
    """Nothing tells how often it is right."""
    assert combined(None, MODEL) is None
    assert combined(RATER, None) == RATER
    assert combined(None, None) is None

"""A review: what is asked of a model with papers at hand, and what it may add."""

from dataclasses import replace

import pytest

from model.assess import assess
from model.assessment import Opinion, Outcome, Rating, Reason
from model.guideline.library import library
from model.reasoning.answer import Answer, Sentence, write_json
from model.reasoning.reasoner import Reasoner
from model.reasoning.review import ReviewRequest, request_of, review, reviewed
from tests.model.reasoning.test_prompt import made, paper
from tests.model.reasoning.test_reasoner import SAID, Saying

RATER = Opinion(Rating.MAY_BE_APPROPRIATE, 0.8, "rater", (Reason("A rater's reason."),))


def answered(rating, *sentences):
    """A model that gives the rating with these sentences, of equal probabilities."""
    return Reasoner(Saying(write_json(Answer(sentences, rating)), [1 / 3] * 3))


@pytest.fixture
def case():
    return made("headache")


@pytest.fixture
def rated(case):
    """An assessment that a guideline gave."""
    judged = assess(case, library())
    return replace(judged, outcome=Outcome.RATED, rating=Rating.USUALLY_NOT_APPROPRIATE)


def test_a_guideline_s_rating_is_explained_only_from_papers(case, rated):
    """Without papers, and of a usually appropriate order, nothing is asked."""
    evidence = (paper(SAID),)
    assert request_of(case, rated, evidence).rating is Rating.USUALLY_NOT_APPROPRIATE
    assert request_of(case, rated) is None
    assert request_of(case, replace(rated, rating=Rating.USUALLY_APPROPRIATE), evidence) is None


def test_an_order_without_guideline_is_rated_with_the_papers(case, rated):
    """Where the rater has an opinion; a missing fact is asked for instead."""
    evidence = (paper(SAID),)
    open_ = replace(rated, outcome=Outcome.NO_GUIDANCE, rating=None)
    assert request_of(case, open_, evidence) is None
    assert request_of(case, replace(open_, opinion=RATER), evidence).rating is None
    asking = replace(open_, outcome=Outcome.NOT_ENOUGH_INFORMATION, opinion=RATER)
    assert request_of(case, asking, evidence) is None


def test_an_explanation_holds_only_what_the_papers_say(case, rated):
    """Sentences that no paper supports are dropped, and the rating stays the guideline's."""
    reasoner = answered(
        Rating.USUALLY_NOT_APPROPRIATE, Sentence(SAID, (1,)), Sentence("It costs 900 dollars.", (1,))
    )
    request = ReviewRequest(case, case.procedures[0], (paper(SAID),), Rating.USUALLY_NOT_APPROPRIATE)
    outcome = review(request, reasoner, timeout_s=9)
    assert [(each.text, each.sources) for each in outcome.explanation] == [(SAID, (0,))]
    assert outcome.opinion is None
    assert outcome.dropped == 1
    added = reviewed(rated, outcome)
    assert (added.rating, added.opinion) == (rated.rating, None)
    assert added.explanation == outcome.explanation
    assert added.provenance.model == "fake"


def test_a_model_that_disagrees_with_the_guideline_explains_nothing(case):
    """Its sentences argue for another rating."""
    reasoner = answered(Rating.USUALLY_APPROPRIATE, Sentence(SAID, (1,)))
    request = ReviewRequest(case, case.procedures[0], (paper(SAID),), Rating.USUALLY_NOT_APPROPRIATE)
    assert review(request, reasoner, timeout_s=9).explanation == ()


def test_an_opinion_cites_the_papers(case, rated):
    """Where no guideline rates, the sentences join the rater's, with their sources."""
    reasoner = answered(Rating.MAY_BE_APPROPRIATE, Sentence(SAID, (1,)))
    outcome = review(ReviewRequest(case, case.procedures[0], (paper(SAID),)), reasoner, timeout_s=9)
    open_ = replace(rated, outcome=Outcome.NO_GUIDANCE, rating=None, opinion=RATER)
    opinion = reviewed(open_, outcome).opinion
    assert opinion.reasons[0].sources == (0,)
    assert len(opinion.citations) == 1
    assert (opinion.rating, opinion.confidence) == (RATER.rating, RATER.confidence)

"""The reasoner: prompt, model, answer, guard, opinion."""

from __future__ import annotations

from contextlib import suppress

import pytest

from model.assessment import Rating
from model.reasoning.answer import Answer, Sentence, write_json
from model.reasoning.embedded import Embedded, NotInstalledError, bundled_weights
from model.reasoning.language_model import Completion, Failure, Health, LanguageModelError
from model.reasoning.reasoner import UNSURE, Reasoner
from tests.model.reasoning.test_prompt import made, paper

SAID = "CT detects hemorrhage with a sensitivity of 98%."


class Saying:
    """A model that always answers so, and gives `scores` or none."""

    id = "fake"

    def __init__(self, answer, scores=None):
        self.answer, self.scores = answer, scores

    def complete(self, _, **__):
        """Give the answer."""
        return Completion(self.answer, "fake")

    def score(self, _, labels, **__):
        """Give the scores."""
        if self.scores is None:
            raise LanguageModelError(Failure.INVALID)
        return dict(zip(labels, self.scores, strict=True))

    def health(self):
        """Say that all is well."""
        return Health.READY


def answer(*sentences):
    """A may-be-appropriate answer of these sentences, in JSON."""
    return write_json(Answer(sentences, Rating.MAY_BE_APPROPRIATE))


def test_supported_sentences_make_an_opinion():
    """What the source says is kept with its source; the confidence is the model's probability of its rating."""
    model = Saying(answer(Sentence(SAID, (1,)), Sentence("MRI is better.", (1,))), [0.2, 0.7, 0.1])
    case = made("headache")
    opinion = Reasoner(model).rate(case, case.procedures[0], [paper(SAID)], timeout_s=9).opinion
    assert (opinion.rating, opinion.confidence, opinion.dropped) == (Rating.MAY_BE_APPROPRIATE, 0.7, 1)
    assert [(each.text, each.sources) for each in opinion.reasons] == [(SAID, (0,))]
    assert opinion.citations[0].text == "Title"


def test_without_probabilities_the_confidence_is_that_of_a_guess():
    """A model that gives no scores is heard as unsure."""
    case = made("headache")
    found = Reasoner(Saying(answer(Sentence(SAID, (1,))))).rate(
        case, case.procedures[0], [paper(SAID)], timeout_s=9
    )
    assert found.opinion.confidence == UNSURE


@pytest.mark.parametrize("text", [answer(Sentence("MRI is better.", (1,))), "no answer"])
def test_no_reason_is_no_opinion(text):
    """Where no sentence stands, or there is no answer, there is no opinion."""
    case = made("headache")
    assert Reasoner(Saying(text)).rate(case, case.procedures[0], [paper(SAID)], timeout_s=9).opinion is None


def test_explanation_of_another_rating_is_none():
    """A model that comes to another rating than the guideline explains nothing."""
    case, model = made("headache"), Saying(answer(Sentence(SAID, (1,))))
    ask = Reasoner(model).explain
    same, other = (
        ask(case, case.procedures[0], rating, [paper(SAID)], timeout_s=9).opinion
        for rating in (Rating.MAY_BE_APPROPRIATE, Rating.USUALLY_APPROPRIATE)
    )
    assert same is not None
    assert other is None


def test_real_model_gives_a_guarded_opinion_or_none():
    """The bundled model, asked for real, gives an opinion of supported sentences, or none, or a named error."""
    try:
        model = Embedded(bundled_weights())
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    case = made("headache")
    with suppress(LanguageModelError):
        found = Reasoner(model).rate(case, case.procedures[0], [paper(SAID)], timeout_s=60)
        assert found.opinion is None or all(reason.sources == (0,) for reason in found.opinion.reasons)

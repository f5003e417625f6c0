"""What is served, as systems to compare: the guideline engine, the rater, both together, a language model.

They see an example as the service sees an order: through the case border. What a split holds out is held out
of them too: the guideline library is cut down to the topics that are trained on, and the rater fitted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model.assess import assess
from model.guideline.library import Library, library
from model.reasoning.answer import ANSWER_SCHEMA, LABELS, read_answer
from model.reasoning.language_model import Failure, LanguageModelError
from model.reasoning.opinion import opinion_of, query_of_case
from model.reasoning.rater import rater as served_rater
from model.reasoning.rater_features import RatingQuery
from training.examples import from_library
from training.metrics import Said
from training.prompting import case_of, rating_prompt
from training.rater import train as train_rater
from training.rater_examples import RatedExample, library_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from model.assessment import Assessment, Rating
    from model.case import ImagingCase
    from model.reasoning.language_model import LanguageModel
    from model.reasoning.rater import Rater
    from training.examples import Example

LONGEST: Final = 200
"""Tokens of a written answer."""


def guideline(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """The guideline engine's ratings, by the topics that are trained on; it gives no probabilities."""
    held = library_of(train)
    return [Said(assess(case, held).rating) if (case := case_of(each)) else Said(None) for each in test]


def rater(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """The rater fitted to the training examples, asked whether or not a guideline speaks."""
    fitted = rater_of(train)
    return [_opinion(case, each, fitted) if (case := case_of(each)) else Said(None) for each in test]


def served(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """What the service says: the guideline's rating, else the rater's opinion where one is given."""
    held, fitted = library_of(train), rater_of(train)
    return [
        _served(assess(case, held, rater=fitted)) if (case := case_of(each)) else Said(None) for each in test
    ]


class Letters:
    """A language model's probabilities, asked as the service asks; each example is asked about once.

    `ask` gives the probabilities of the ratings by example, and none where a reply had none.
    """

    def __init__(self, ask: Callable[[Sequence[Example]], Mapping[str, dict[Rating, float]]]) -> None:
        self._ask = ask
        self._known: dict[str, dict[Rating, float]] = {}

    def alone(self, _train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
        """The model's likeliest rating and its probability.

        A reply without probabilities counts as unanswered; a model that is away stops the measurement.
        """
        said = self._of(test)
        return [_likeliest(said[each.id]) for each in test]

    def with_rater(self, train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
        """The likeliest rating by the model's and the rater's probabilities multiplied, untuned.

        Where one of them is silent, the other's.
        """
        fitted = rater_of(train)
        said = self._of(test)
        return [_likeliest(_product(said[each.id], _rater_says(each, fitted))) for each in test]

    def _of(self, examples: Sequence[Example]) -> dict[str, dict[Rating, float]]:
        unknown = [each for each in examples if each.id not in self._known]
        if unknown:
            self._known |= self._ask(unknown)
        return self._known


def by_letters(model: LanguageModel) -> Letters:
    """The probabilities of a language model behind any server."""
    return Letters(lambda examples: {each.id: _scores(model, each) for each in examples})


def _scores(model: LanguageModel, example: Example) -> dict[Rating, float]:
    try:
        scores = model.score(rating_prompt(example, evidence=True), list(LABELS.values()))
    except LanguageModelError as error:
        _stop_if_lost(error)
        return {}
    return {rating: scores[label] for rating, label in LABELS.items()}


def by_answers(
    model: LanguageModel, longest: int = LONGEST
) -> Callable[[Sequence[Example], Sequence[Example]], list[Said]]:
    """The rating that a language model writes after its reasoning, under the service's schema.

    An unusable reply counts as unanswered; a model that cannot be reached stops the measurement.
    """
    return lambda _train, test: [_written(model, each, longest) for each in test]


def library_of(examples: Sequence[Example]) -> Library:
    """The guideline library without the topics of which there is no example."""
    known, whole = {example.topic for example in examples}, library()
    kept = {id_: topic for id_, topic in whole.topics.items() if topic.source_topic in known}
    return whole if len(kept) == len(whole.topics) else Library(kept, f"{whole.version}, {len(kept)} topics")


def rater_of(examples: Sequence[Example]) -> Rater:
    """The rater fitted to the examples; the served one where they are the whole library."""
    if {example.id for example in examples} == {example.id for example in from_library()}:
        return served_rater()
    whole = {(each.topic, each.scenario, each.query.procedure): each for each in library_examples(library())}
    return train_rater([rated for each in examples if (rated := _rated(each, whole))], "a split").rater


def _rated(example: Example, whole: dict[tuple[str, str, str], RatedExample]) -> RatedExample | None:
    """The example as the rater learns from it: with the library's findings and weight, where it is of it."""
    if example.procedure_id is None:
        return None
    source, *rest = example.id.split("/")
    if source == "library":
        return whole[example.topic, rest[1], example.procedure_id]
    query = RatingQuery(example.procedure_id, (example.topic,), (example.scenario,))
    return RatedExample(example.topic, example.variant, query, example.rating)


def _opinion(case: ImagingCase, example: Example, fitted: Rater) -> Said:
    said = opinion_of(case, example.procedure_id or case.procedures[0], fitted)
    return Said(said.rating, said.confidence) if said else Said(None)


def _served(assessment: Assessment) -> Said:
    if assessment.rating is not None or assessment.opinion is None:
        return Said(assessment.rating)
    return Said(assessment.opinion.rating, assessment.opinion.confidence)


def _rater_says(example: Example, fitted: Rater) -> dict[Rating, float]:
    """The rater's probabilities; none where it keeps silent."""
    case = case_of(example)
    query = query_of_case(case, example.procedure_id or case.procedures[0]) if case else None
    return fitted.probabilities(query) if query and fitted.rate(query) else {}


def _product(one: dict[Rating, float], other: dict[Rating, float]) -> dict[Rating, float]:
    if not one or not other:
        return one or other
    both = {rating: one[rating] * other[rating] for rating in one}
    total = sum(both.values())
    return {rating: value / total for rating, value in both.items()} if total else {}


def _likeliest(probabilities: dict[Rating, float]) -> Said:
    if not probabilities:
        return Said(None)
    rating = max(LABELS, key=probabilities.__getitem__)
    return Said(rating, probabilities[rating])


def _written(model: LanguageModel, example: Example, longest: int) -> Said:
    prompt = rating_prompt(example, evidence=True)
    try:
        answer = read_answer(model.complete(prompt, schema=ANSWER_SCHEMA, max_tokens=longest).text)
    except LanguageModelError as error:
        _stop_if_lost(error)
        return Said(None)
    if answer is None:
        return Said(None)
    return Said(answer.rating, reasoning=tuple(each.text for each in answer.sentences))


def _stop_if_lost(error: LanguageModelError) -> None:
    if error.failure is Failure.UNAVAILABLE:
        raise error

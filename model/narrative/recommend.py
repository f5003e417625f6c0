"""From a narrative to the guideline's topic, its variant and what that says of each procedure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import exp
from typing import TYPE_CHECKING, Final

from model.guideline.imported import ImportedRating, ImportedTopic, ImportedVariant
from model.narrative.features import topic_features, variant_features
from model.narrative.index import build, plain
from model.narrative.missing import questions
from model.narrative.question import read_question
from model.narrative.terms import WORDS
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model.guideline.topic import Topic
    from model.narrative.index import Index, TopicEntry, VariantEntry
    from model.narrative.question import Question

MOST_CANDIDATES: Final = 10
_READ_AT_MOST: Final = 5_000
_TOPICS_LOOKED_INTO: Final = 25
_LEAST_SHARE: Final = 0.02
"""Of the probability; a candidate below it is not offered, unless its topic is new among the first ten."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant that the narrative may be told of, and how likely that is, from 0 to 1."""

    topic: ImportedTopic
    variant: ImportedVariant
    confidence: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The variant that fits best, with its rivals in `candidates`, the best first.

    `topic` and `variant` are `None` where nothing in the narrative leads anywhere. `confidence` is how
    often a variant found with such a lead is the right one. `missing` are at most three questions whose
    answers would decide between close candidates.
    """

    topic: ImportedTopic | None
    variant: ImportedVariant | None
    confidence: float
    candidates: tuple[Candidate, ...]
    missing: tuple[str, ...]

    @property
    def procedures(self) -> tuple[ImportedRating, ...]:
        """What the variant says of each procedure."""
        return self.variant.ratings if self.variant else ()


class Recommender:
    """Answers narratives over some topics; their index is built here, unless it is handed in."""

    def __init__(
        self,
        topics: Iterable[ImportedTopic],
        also: Mapping[tuple[str, str], str] | None = None,
        index: Index | None = None,
    ) -> None:
        self._index = build(topics, also) if index is None else index

    def recommend(
        self,
        text: str,
        age: float | None = None,
        sex: str | None = None,
        findings: Iterable[str] = (),
    ) -> Recommendation:
        """The variant of the narrative; `findings` are facts already known beside it, by their ids.

        At most 5,000 characters of the text are read.
        """
        question = read_question(self._index, text[:_READ_AT_MOST], age, sex, findings)
        scored = self._scored(question)
        if not scored:
            return Recommendation(None, None, 0.0, (), ())
        shares = _shares([score for score, _, _ in scored])
        ranked = [(share, topic, variant) for share, (_, topic, variant) in zip(shares, scored, strict=True)]
        close = [(topic, variant) for share, topic, variant in ranked if share >= ranked[0][0] / 5]
        return Recommendation(
            ranked[0][1].source,
            ranked[0][2].source,
            ranked[0][0],
            tuple(_offered(ranked)),
            questions(close, question) if len(close) > 1 else (),
        )

    def _scored(self, question: Question) -> list[tuple[float, TopicEntry, VariantEntry]]:
        """The variants of the likeliest topics, the best first."""
        weights = _weights().weights
        topics = []
        for topic in self._index.topics:
            features = topic_features(self._index, topic, question)
            if features["topic words"] or features["topic findings"] or features["phrase found"]:
                topics.append((_sum(features, weights), topic))
        topics.sort(key=lambda each: each[0], reverse=True)
        scored = [
            (score + _sum(variant_features(self._index, topic, variant, question), weights), topic, variant)
            for score, topic in topics[:_TOPICS_LOOKED_INTO]
            for variant in topic.variants
        ]
        return sorted(scored, key=lambda each: each[0], reverse=True)


def also_ours(topics: Iterable[Topic]) -> dict[tuple[str, str], str]:
    """Our own words for the variants of our topics, by the source's plain title and variant number."""
    return {
        (plain(topic.source_topic), variant.source_variant): variant.description
        for topic in topics
        for variant in topic.variants
    }


def as_imported(topic: Topic) -> ImportedTopic:
    """A topic of our own library as a narrative is matched with it: our titles, descriptions and ids."""
    return ImportedTopic(
        topic.id,
        topic.source_topic,
        topic.year,
        tuple(
            ImportedVariant(
                variant.source_variant,
                variant.description,
                tuple(
                    ImportedRating(
                        catalogue()[rated.procedure].name,
                        rated.procedure,
                        rated.rating,
                        rated.radiation,
                        "child" if topic.population == "child" else "adult",
                        rated.panel_disagreed,
                    )
                    for rated in variant.ratings.values()
                ),
            )
            for variant in topic.variants
        ),
    )


def beside(ours: Iterable[Topic], imported: Iterable[ImportedTopic]) -> Recommender:
    """A recommender over both: an imported topic stands in for ours of the same source and title."""
    listed, own = tuple(imported), tuple(ours)
    taken = {plain(topic.title) for topic in listed}
    more = [as_imported(topic) for topic in own if plain(topic.source_topic) not in taken]
    return Recommender((*listed, *more), also_ours(own))


def _offered(ranked: list[tuple[float, TopicEntry, VariantEntry]]) -> Iterable[Candidate]:
    """The likely variants, and the best of each further topic, until there are ten topics or candidates."""
    likely = [each for each in ranked[:MOST_CANDIDATES] if each[0] >= _LEAST_SHARE] or ranked[:1]
    topics = {topic.title for _, topic, _ in likely}
    for share, topic, variant in likely:
        yield Candidate(topic.source, variant.source, share)
    for share, topic, variant in ranked:
        if len(topics) >= MOST_CANDIDATES:
            return
        if topic.title not in topics:
            topics.add(topic.title)
            yield Candidate(topic.source, variant.source, share)


@dataclass(frozen=True, slots=True)
class _Weights:
    weights: Mapping[str, float]
    temperature: float


@cache
def _weights() -> _Weights:
    held = json.loads((WORDS.parent / "weights.json").read_text(encoding="utf-8"))
    return _Weights(held["weights"], held["temperature"])


def _sum(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def _shares(scores: list[float]) -> list[float]:
    """Probabilities of the scores, sharpened or blunted until they are as often right as they say."""
    best = max(scores)
    raised = [exp((score - best) / _weights().temperature) for score in scores]
    total = sum(raised)
    return [round(each / total, 4) for each in raised]

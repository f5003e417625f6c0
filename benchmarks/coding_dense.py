"""The vectors' part of the coding benchmark: what `--vectors FILE` adds to `python -m benchmarks.coding`.

The file holds the vectors of the bundled index; an index with terms withheld takes the rows of the terms it
still has. Weights and confidences of the fused ranking are fitted as those without vectors are
(`coding_fit`), on the same terms, with the same weights set by hand.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.coding_fit import HAND_SET
from terminology import dense, retrieval_index
from terminology.dense import Vectors
from terminology.dense_encoder import MiniLM
from terminology.dense_ranking import (
    FUSED_EVIDENCE,
    FUSED_FEATURES,
    FusedRanker,
    fused_evidence,
    fused_retriever,
)
from terminology.retrieval_build import build
from terminology.retrieval_confidence import Logistic, Scoring
from terminology.retrieval_words import words
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.coding_terms import Drawn, Question
    from terminology.dense import Encoder
    from terminology.retrieval import Retriever
    from terminology.retrieval_index import TermIndex

_ROUNDS: Final = 25
_STEP: Final = 0.3
_PENALTY: Final = 0.0005
_ROUNDS_OF_CONFIDENCE: Final = 400
_PENALTY_OF_CONFIDENCE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Dense:
    """The bundled index's terms with their vectors, and the encoder that made them."""

    index: TermIndex
    place: dict[str, int]
    vectors: Vectors
    encoder: Encoder

    @classmethod
    def load(cls, path: Path) -> Dense:
        """The vectors in the file at `path`."""
        index, encoder = retrieval_index.load(TABLES / "terms.idx.gz"), MiniLM()
        place = {index.term(term): term for term in range(len(index.term_code))}
        return cls(index, place, dense.load(path, index, encoder.name), encoder)

    def of(self, index: TermIndex) -> Vectors:
        """The vectors of an index whose terms are some of the bundled one's."""
        places = [self.place[index.term(term)] for term in range(len(index.term_code))]
        return Vectors(self.vectors.rows[places])

    def retriever(self, index: TermIndex) -> Retriever:
        """A search of such an index by words and vectors, with the numbers as they are committed."""
        return fused_retriever(index, self.of(index), self.encoder)

    def nearest(self, index: TermIndex, texts: Sequence[str]) -> list[list[str]]:
        """The ten codes whose terms lie nearest each text as it is written: vectors alone."""
        vectors = self.of(index)
        return [_ten(index, vectors.cosines(self.encoder.encode([text])[0])) for text in texts]


def _ten(index: TermIndex, cosines: Any) -> list[str]:
    codes = (index.codes[index.term_code[term]] for term in (-cosines).argsort(kind="stable")[:300])
    return list(dict.fromkeys(code for code in codes if "-" not in code))[:10]


def fit(table: Sequence[Sequence[str]], drawn: Drawn, held: Dense) -> dict[str, object]:
    """The content of `tables/ranking_dense.json`; the questions to report on are in neither index used."""
    index = build(table, withheld=[question.key for question in (*drawn.reported, *drawn.fitted)])
    weights = _weights(index, FusedRanker(index, held.of(index), held.encoder), drawn.fitted)
    neutral = Logistic(0.0, (1.0,) + (0.0,) * (len(FUSED_EVIDENCE) - 1))
    numbers = Scoring(tuple(weights[name] for name in FUSED_FEATURES), neutral, neutral)
    index = build(table, withheld=[question.key for question in (*drawn.reported, *drawn.calibrated)])
    searched = fused_retriever(index, held.of(index), held.encoder, numbers=numbers)
    category, code = _confidences(searched, index, drawn.calibrated)
    return {"weights": weights, "category_confidence": category, "code_confidence": code}


def _weights(index: TermIndex, ranker: FusedRanker, asked: Sequence[Question]) -> dict[str, float]:
    """Adaptive gradient ascent on the log-likelihood of the right candidate."""
    numpy: Any = importlib.import_module("numpy")
    examples = []
    for question in asked:
        matches = ranker.matches(tuple(dict.fromkeys(words(question.text))))
        answers = [place for place, match in enumerate(matches) if index.codes[match.code] == question.code]
        if answers:
            examples.append((numpy.array([match.features for match in matches]), answers[0]))
    weights = numpy.array([HAND_SET.get(name, 0.0) for name in FUSED_FEATURES])
    free = numpy.array([name not in HAND_SET for name in FUSED_FEATURES])
    squares = numpy.full(len(weights), 1e-6)
    for _ in range(_ROUNDS):
        for features, right in examples:
            scores = features @ weights
            odds = numpy.exp(scores - scores.max())
            slope = free * (features[right] - odds @ features / odds.sum() - _PENALTY * weights)
            squares += slope * slope
            weights += _STEP * slope / numpy.sqrt(squares)
    return {name: round(float(weight), 3) for name, weight in zip(FUSED_FEATURES, weights, strict=True)}


def _confidences(
    searched: Retriever, index: TermIndex, asked: Sequence[Question]
) -> tuple[dict[str, float], dict[str, float]]:
    numpy: Any = importlib.import_module("numpy")
    of_category, of_code = [], []
    for question in asked:
        found = searched.matches(question.text, language="en")
        if found:
            scores = numpy.array([score for score, _ in found])
            shares = numpy.exp(scores - scores.max())
            shares /= shares.sum()
            codes = [index.codes[match.code] for _, match in found]
            together = float(shares[[code[:3] == codes[0][:3] for code in codes]].sum())
            first = found[0][1].features
            of_category.append((fused_evidence(together, first), codes[0][:3] == question.code[:3]))
            of_code.append((fused_evidence(float(shares[0]), first), codes[0] == question.code))
    return _logistic_fit(of_category), _logistic_fit(of_code)


def _logistic_fit(examples: Sequence[tuple[tuple[float, ...], bool]]) -> dict[str, float]:
    numpy: Any = importlib.import_module("numpy")
    facts = numpy.array([(1.0, *row) for row, _ in examples])
    right = numpy.array([float(answer) for _, answer in examples])
    values, squares = numpy.zeros(facts.shape[1]), numpy.full(facts.shape[1], 1e-6)
    for _ in range(_ROUNDS_OF_CONFIDENCE):
        said = 1 / (1 + numpy.exp(-facts @ values))
        slope = facts.T @ (right - said) - _PENALTY_OF_CONFIDENCE * len(examples) * values
        squares += slope * slope
        values += _STEP * slope / numpy.sqrt(squares)
    names = ("intercept", *FUSED_EVIDENCE)
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}

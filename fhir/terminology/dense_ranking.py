"""Ranks codes by words and by vectors together: the lexical ranking, with what an encoder adds to it.

The candidates of a clause are those of the lexical ranking and the codes whose terms lie nearest. Each is
measured by the lexical features and `DENSE_FEATURES`; one linear score decides, and confidences are logistic
models, as without vectors. The numbers stand in `tables/ranking_dense.json`, fitted by
`python -m benchmarks.coding --vectors FILE --fit` on the same withheld terms as `tables/ranking.json`.
"""

from __future__ import annotations

import json
from functools import cache
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from terminology import dense, dense_encoder, retrieval_index
from terminology.retrieval import Retriever
from terminology.retrieval_confidence import EVIDENCE, Logistic, Scoring, evidence
from terminology.retrieval_ranking import FEATURES, POOL, Match, Ranker
from terminology.retrieval_words import raw_words, singular, weak_words
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from terminology.dense import Array, Encoder, Vectors
    from terminology.retrieval_index import TermIndex
    from terminology.retrieval_ranking import Reached

DENSE_FEATURES: Final = ("cosine", "nearness", "found_by_vectors_only")
"""The cosine of the code's nearest term, its place among the nearest codes (1 for the first), and whether no
word led to the code."""
FUSED_FEATURES: Final = (*FEATURES, *DENSE_FEATURES)
FUSED_EVIDENCE: Final = (*EVIDENCE, *DENSE_FEATURES)

_LEAST_COSINE: Final = 0.6
"""Below it a term is not near. Text that names no condition ("buy milk and eggs") is about as much as 0.55
like some term or other; without this floor, nothing would ever go without a candidate."""

_FUSION_CONSTANT: Final = 20


class FusedRanker(Ranker):
    """Finds and measures the terms of an index by words and by vectors; features are `FUSED_FEATURES`."""

    def __init__(self, index: TermIndex, vectors: Vectors, encoder: Encoder) -> None:
        super().__init__(index)
        self._vectors = vectors
        self._encoder = encoder

    def matches(self, query: Sequence[str], reached: Reached | None = None) -> list[Match]:
        """The codes that may answer `query`, each with its best term; in no order."""
        if all(word in weak_words() for word in query):
            return []
        cosines = self._vectors.cosines(self._encoder.encode([self._written(query)])[0])
        nearest = self._nearest(cosines)
        places = {code: place for place, code in enumerate(nearest)}
        by_words = super().matches(query, reached)
        known = {match.code for match in by_words}
        by_vectors = [self._near(query, nearest[code]) for code in nearest if code not in known]
        return [
            Match(
                match.code,
                match.term,
                (*match.features, *self._dense_features(match.code, cosines, places), float(only)),
            )
            for only, found in ((False, by_words), (True, by_vectors))
            for match in found
        ]

    def _written(self, query: Sequence[str]) -> str:
        """The words as people write them: the encoder has read "diabetes", never "diabete"."""
        return " ".join(self._spelling(word) for word in query)

    def _spelling(self, word: str) -> str:
        """A word as the first term that holds it writes it; of a word in headings only, the word."""
        number = self.word(word).number
        terms = () if number is None else self._posting(number)[:1]
        said = (said for term in terms for said in raw_words(self._index.term(term)))
        return next((written for written in said if singular(written) == word), word)

    def _nearest(self, cosines: Array) -> dict[int, int]:
        """The codes whose terms lie nearest, nearest first, each with that term."""
        index, near = self._index, (cosines >= _LEAST_COSINE).nonzero()[0].tolist()
        found: dict[int, int] = {}
        for _, negative in nlargest(POOL, ((float(cosines[term]), -term) for term in near)):
            code = index.term_code[-negative]
            if "-" not in index.codes[code]:
                found.setdefault(code, -negative)
        return found

    def _near(self, query: Sequence[str], term: int) -> Match:
        """The match of a term that words did not find: as far as its words fit, or by its code's facts."""
        code = self._index.term_code[term]
        said = [self.word(word) for word in query if word not in weak_words()]
        nowhere = 2 * _FUSION_CONSTANT / (_FUSION_CONSTANT + POOL)
        found = self._match(said, sum(word.weight for word in said), code, term, (0.0, 0.0, nowhere))
        if found:
            return found
        facts = self._facts(code)
        fit = (0.0, 0.0, nowhere, *(0.0,) * (len(FEATURES) - len(facts) - 3))
        return Match(code, term, (*fit, *facts))

    def _dense_features(self, code: int, cosines: Array, places: dict[int, int]) -> tuple[float, float]:
        starts = self._index.term_start
        nearest = float(cosines[starts[code] : starts[code + 1]].max())
        return nearest, _FUSION_CONSTANT / (_FUSION_CONSTANT + places.get(code, POOL))


def fused_evidence(share: float, features: Sequence[float]) -> tuple[float, ...]:
    """`FUSED_EVIDENCE` for a candidate whose code, or category, holds `share` of the probability."""
    return *evidence(share, features[: len(FEATURES)]), *features[len(FEATURES) :]


def fused_retriever(
    index: TermIndex, vectors: Vectors, encoder: Encoder, *, numbers: Scoring | None = None
) -> Retriever:
    """A retriever by words and by the vectors of the index."""
    ranker = FusedRanker(index, vectors, encoder)
    return Retriever(index, numbers or fused_scoring(), ranker, evidence=fused_evidence)


def load(vectors: Path, *, index: Path | None = None) -> Retriever:
    """A retriever by words and by the vectors in a file, over the bundled index or another.

    Raises:
        dense.VectorFileError: The vectors are not those of the index by the encoder of the extra `dense`.
        dense.DenseMissingError: That extra is not installed.
        retrieval_index.IndexFileError: `index` is not a term index.
        OSError: A file cannot be read.
    """
    terms = retrieval_index.load(index or TABLES / "terms.idx.gz")
    held = dense.load(vectors, terms, dense_encoder.NAME)
    return fused_retriever(terms, held, dense_encoder.MiniLM())


@cache
def fused_scoring() -> Scoring:
    """The fitted numbers, read once."""
    numbers = json.loads((TABLES / "ranking_dense.json").read_text(encoding="utf-8"))
    category, code = (
        Logistic(model["intercept"], tuple(model[name] for name in FUSED_EVIDENCE))
        for model in (numbers["category_confidence"], numbers["code_confidence"])
    )
    return Scoring(tuple(numbers["weights"][name] for name in FUSED_FEATURES), category, code)

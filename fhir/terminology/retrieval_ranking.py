"""Ranks codes for the words of one clause: by words, by character n-grams, and by both together.

Two rankings are made. The first is BM25 over whole words. The second is BM25 over words that share
character n-grams with the query's ("haemorrhage" finds "hemorrhage"), each as far as it is alike.
Reciprocal rank fusion of the two is one of the features of the linear score that decides; its weights are
numbers in `tables/ranking.json`, fitted by `benchmarks/coding.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from terminology.retrieval_index import TermKind
from terminology.retrieval_words import grams, weak_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminology.retrieval_index import TermIndex

POOL: Final = 60
"""Terms of either ranking that are scored in full."""

FEATURES: Final = (
    "words",
    "grams",
    "fusion",
    "query_covered",
    "term_covered",
    "context",
    "both_covered",
    "residual",
    "specific",
    "unspecified",
    "length",
    "pregnancy",
    "newborn",
    "external_cause",
    "injury_by_substance",
    "health_status",
    "mental_disorder",
)

_LEAST_ALIKE: Final = 0.5
_NOT_THE_SAME: Final = 0.99
_MOST_ALIKE_WORDS: Final = 8
_WIDE: Final = 300
_COMMON: Final = 800
_LEAST_SHARE: Final = 0.3
_LEAST_COVERED: Final = 0.25
_FUSION_CONSTANT: Final = 20
_CHAPTERS: Final = ("O", "P", "VWXY", "T", "Z", "F")


Reached = dict[str, dict[int, float]]
"""By word, the terms it reaches and with what weight."""


@dataclass(frozen=True, slots=True)
class Word:
    """A query's word: its weight, its own number in the vocabulary, and the words alike with how alike."""

    text: str
    weight: float
    number: int | None
    alike: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A code, the term of it that fits best, and the features of the fit in the order of `FEATURES`."""

    code: int
    term: int
    features: tuple[float, ...]


class Ranker:
    """Finds and measures the terms of an index that may answer a query."""

    def __init__(self, index: TermIndex) -> None:
        self._index = index
        self._numbers = {word: number for number, word in enumerate(index.vocabulary)}
        self._grams = {gram: number for number, gram in enumerate(index.grams)}
        self._unseen = max(index.word_weight)
        self.word = lru_cache(maxsize=4096)(self._word)
        self._context = lru_cache(maxsize=4096)(self._context_words)
        self._facts = lru_cache(maxsize=4096)(self._code_facts)

    def matches(self, query: Sequence[str], reached: Reached | None = None) -> list[Match]:
        """The codes that may answer `query`, each with its best term; in no order.

        `reached` keeps what a word reaches, for further queries of the same note.
        """
        said = [self.word(word) for word in query if word not in weak_words()]
        total = sum(word.weight for word in said)
        if not total:
            return []
        by_grams = self._by_grams(said, {} if reached is None else reached)
        by_words = self._by_words(said, by_grams)
        gram_rank, word_rank = (
            _ranks(by_grams, self._index.term_code),
            _ranks(by_words, self._index.term_code),
        )
        best: dict[int, tuple[float, int]] = {}
        for term in by_grams.keys() | by_words.keys():
            score = by_grams.get(term, 0.0) + by_words.get(term, 0.0)
            code = self._index.term_code[term]
            best[code] = max(best.get(code, (0.0, 0)), (score, -term))
        found = []
        for code, (_, negative) in best.items():
            term = -negative
            ranks = (word_rank.get(code, POOL), gram_rank.get(code, POOL))
            fusion = sum(_FUSION_CONSTANT / (_FUSION_CONSTANT + rank) for rank in ranks)
            scores = (by_words.get(term, 0.0) / total, by_grams.get(term, 0.0) / total, fusion)
            if match := self._match(said, total, code, term, scores):
                found.append(match)
        return found

    def _word(self, word: str) -> Word:
        number = self._numbers.get(word)
        weight = self._unseen if number is None else self._index.word_weight[number]
        return Word(word, weight, number, self._alike(word, number))

    def _alike(self, word: str, number: int | None) -> tuple[tuple[int, float], ...]:
        """Words of the vocabulary by the Dice coefficient of their n-grams, most alike last."""
        own, index = grams(word), self._index
        starts = index.gram_words_start
        places = [place for gram in own if (place := self._grams.get(gram)) is not None]
        shared = Counter(chain.from_iterable(index.gram_words[starts[n] : starts[n + 1]] for n in places))
        close = [
            (2 * count / (len(own) + len(index.vocabulary[other]) + 1), other)
            for other, count in shared.items()
            if count >= _LEAST_ALIKE / 2 * len(own)
        ]
        best = nlargest(_MOST_ALIKE_WORDS, (pair for pair in close if pair[0] >= _LEAST_ALIKE))
        alike = {other: min(share, _NOT_THE_SAME) for share, other in best}
        if number is not None:
            alike[number] = 1.0
        return tuple(sorted(alike.items(), key=itemgetter(1)))

    def _posting(self, word: int) -> Sequence[int]:
        starts = self._index.postings_start
        return self._index.postings[starts[word] : starts[word + 1]]

    def _by_grams(self, said: Sequence[Word], reached: Reached) -> dict[int, float]:
        scores: dict[int, float] = {}
        for word in sorted(said, key=lambda word: len(self._reached(word, reached))):
            found = reached[word.text]
            if len(scores) > _WIDE and len(found) > _COMMON:
                for term in scores.keys() & found.keys():
                    scores[term] += found[term]
            elif scores:
                for term, score in found.items():
                    scores[term] = scores.get(term, 0.0) + score
            else:
                scores = found.copy()
        return self._best(scores)

    def _reached(self, word: Word, reached: Reached) -> dict[int, float]:
        """The terms that hold a word alike, each with the weight of the most alike."""
        if word.text not in reached:
            found: dict[int, float] = {}
            for number, share in word.alike:
                found.update(dict.fromkeys(self._posting(number), word.weight * share * share))
            reached[word.text] = found
        return reached[word.text]

    def _best(self, scores: dict[int, float]) -> dict[int, float]:
        if not scores:
            return {}
        least = _LEAST_SHARE * max(scores.values())
        brevity = self._index.term_brevity
        scored = [(score * brevity[term], -term) for term, score in scores.items() if score >= least]
        return {-negative: score for score, negative in nlargest(POOL, scored)}

    def _by_words(self, said: Sequence[Word], pool: dict[int, float]) -> dict[int, float]:
        """Whole words alone, over the same pool, best first."""
        weights = {word.number: word.weight for word in said if word.number is not None}
        scored = []
        for term in pool:
            score = sum(weights.get(number, 0.0) for number in self._tokens(term))
            if score:
                scored.append((score * self._index.term_brevity[term], -term))
        return {-negative: score for score, negative in sorted(scored, reverse=True)}

    def _tokens(self, term: int) -> Sequence[int]:
        starts = self._index.tokens_start
        return self._index.tokens[starts[term] : starts[term + 1]]

    def _match(
        self, said: Sequence[Word], total: float, code: int, term: int, scores: tuple[float, float, float]
    ) -> Match | None:
        index, held, context = self._index, set(self._tokens(term)), self._context(code)
        covered = above = matched = 0.0
        for word in said:
            share, number = max(((s, n) for n, s in word.alike if n in held), default=(0.0, -1))
            if number in held:
                held.discard(number)
                covered += word.weight * share
                matched += index.word_weight[number]
            else:
                above += word.weight * max((s for n, s in word.alike if n in context), default=0.0)
        if covered < _LEAST_COVERED * total:
            return None
        term_covered = matched / (index.term_weight[term] or 1.0)
        features = (
            *scores,
            covered / total,
            term_covered,
            above / total,
            (covered + above) / total * term_covered,
            float(
                index.term_kind[term] == TermKind.TITLE
                and index.text.startswith(b"Other", index.text_start[term])
            ),
            *self._facts(code),
        )
        return Match(code, term, features)

    def _code_facts(self, code: int) -> tuple[float, ...]:
        """The features that are the code's own, whatever is asked."""
        written, title = self._index.codes[code], self._index.title(code)
        chapters = (float(written[0] in letters) for letters in _CHAPTERS)
        return (
            float(self._index.specific[code]),
            float("unspecified" in title),
            float(len(written)),
            *chapters,
        )

    def _context_words(self, code: int) -> frozenset[int]:
        """The words of the headings above a code."""
        found: set[int] = set()
        index = self._index
        while (above := index.parent[code]) != code:
            for term in range(index.term_start[above], index.term_start[above + 1]):
                if index.term_kind[term] != TermKind.ALPHABETIC_INDEX:
                    found.update(self._tokens(term))
            code = above
        return frozenset(found)


def _ranks(scores: dict[int, float], codes: Sequence[int]) -> dict[int, int]:
    ranks: dict[int, int] = {}
    for term in scores:
        ranks.setdefault(codes[term], len(ranks))
    return ranks

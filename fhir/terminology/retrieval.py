"""Finds ICD-10-CM codes for a clinician's words, best first, with how sure each is and what it matched.

Lexical, in pure Python: a note is cut into clauses (`retrieval_query`), each clause is ranked by words and by
character n-grams (`retrieval_ranking`), and the clauses' candidates are weighed together, where those of one
category support each other. A clause that denies something names no candidate; one about the past, a relative
or a possibility counts for less.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from terminology import retrieval_index
from terminology.icd10cm import dotted
from terminology.retrieval_confidence import Scoring, evidence, scoring
from terminology.retrieval_query import MAXIMUM_LENGTH, clauses
from terminology.retrieval_ranking import Match, Ranker, Reached
from terminology.retrieval_words import words
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from terminology.retrieval_index import TermIndex

_CATEGORY_LENGTH: Final = 3
_LATER_CLAUSE: Final = 0.6
_ASIDE: Final = 3.0
_ONE_NAME: Final = 3.0
_SUPPORT: Final = 0.6
_LEAST_SUPPORT: Final = 1e-9
_MOST_WORDS_OF_ONE_NAME: Final = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code that may be what the text means; stems stand for their seventh-character extensions.

    `category_confidence` and `code_confidence` are calibrated probabilities that the three-character category
    and this very code are right. `score` orders the candidates of one search and means nothing between two.
    """

    code: str
    title: str
    score: float
    category_confidence: float
    code_confidence: float
    matched_term: str


class Retriever:
    """Searches one term index.

    Given another ranker and what counts as evidence of its matches, `numbers` are those fitted for them.
    """

    def __init__(
        self,
        index: TermIndex,
        numbers: Scoring,
        ranker: Ranker | None = None,
        *,
        evidence: Callable[[float, Sequence[float]], Sequence[float]] = evidence,
    ) -> None:
        self._index = index
        self._numbers = numbers
        self._ranker = ranker or Ranker(index)
        self._evidence = evidence

    @classmethod
    def load(cls, path: Path) -> Retriever:
        """A retriever over an index file, such as `index_import.import_index` writes.

        Raises:
            retrieval_index.IndexFileError: The file is not a term index.
            OSError: The file cannot be read.
        """
        return cls(retrieval_index.load(path), scoring())

    def search(self, text: str, *, limit: int = 5, language: str | None = None) -> tuple[Candidate, ...]:
        """The codes that answer `text` best, at most `limit`; empty where nothing answers.

        The first 2,000 characters are read (`was_cut` tells whether there were more). `language` is `en` or
        `it`, a longer tag, or `None` to tell by the words.
        """
        found = self.matches(text, language=language)
        if not found:
            return ()
        highest = max(score for score, _ in found)
        odds = [math.exp(score - highest) for score, _ in found]
        total = sum(odds)
        category_share: defaultdict[str, float] = defaultdict(float)
        for (_, match), odd in zip(found, odds, strict=True):
            category_share[self._category(match)] += odd / total
        return tuple(
            self._candidate(score, match, odd / total, category_share)
            for (score, match), odd in list(zip(found, odds, strict=True))[:limit]
        )

    def matches(self, text: str, *, language: str | None = None) -> list[tuple[float, Match]]:
        """Every match of every clause with its score, best first, each code once."""
        best: dict[int, tuple[float, Match]] = {}
        reached: Reached = {}
        for query, handicap in _queries(text, language).items():
            for match in self._ranker.matches(query, reached):
                score = self._numbers.score(match.features) - handicap
                if match.code not in best or score > best[match.code][0]:
                    best[match.code] = (score, match)
        supported = self._supported(list(best.values()))
        return sorted(supported, key=lambda found: (-found[0], found[1].code))

    def _supported(self, found: list[tuple[float, Match]]) -> list[tuple[float, Match]]:
        """The matches, each score raised by the others of its category: many neighbours seldom all err."""
        highest = max((score for score, _ in found), default=0.0)
        support: defaultdict[str, float] = defaultdict(float)
        for score, match in found:
            support[self._category(match)] += math.exp(score - highest)
        return [
            (score + _SUPPORT * math.log(max(support[self._category(match)], _LEAST_SUPPORT)), match)
            for score, match in found
        ]

    def _category(self, match: Match) -> str:
        return self._index.codes[match.code][:_CATEGORY_LENGTH]

    def _candidate(
        self, score: float, match: Match, share: float, category_share: dict[str, float]
    ) -> Candidate:
        code = self._index.codes[match.code]
        category = self._evidence(category_share[self._category(match)], match.features)
        return Candidate(
            code=dotted(code),
            title=self._index.title(match.code),
            score=round(score, 3),
            category_confidence=round(self._numbers.category.probability(category), 3),
            code_confidence=round(self._numbers.code.probability(self._evidence(share, match.features)), 3),
            matched_term=self._index.term(match.term),
        )


def was_cut(text: str) -> bool:
    """True where `text` is longer than what a search reads."""
    return len(text) > MAXIMUM_LENGTH


def _queries(text: str, language: str | None) -> dict[tuple[str, ...], float]:
    """What to search, and what is taken off its score: the clauses; a short note also as written."""
    said = clauses(text, language=language)
    queries = {
        clause.words: _LATER_CLAUSE * place + _ASIDE * clause.aside
        for place, clause in reversed(list(enumerate(said)))
        if not clause.denied
    }
    whole = tuple(dict.fromkeys(words(text[:MAXIMUM_LENGTH])))
    plain = not any(clause.denied or clause.aside for clause in said)
    if queries and plain and len(whole) <= _MOST_WORDS_OF_ONE_NAME:
        queries[whole] = -_ONE_NAME
    return queries


@cache
def retriever() -> Retriever:
    """The retriever over the bundled index, loaded once."""
    return Retriever.load(TABLES / "terms.idx.gz")

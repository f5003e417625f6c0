"""Builds a term index out of a code table's rows and, where given, terms of an alphabetic index."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from terminology.retrieval_index import TermIndex, TermKind
from terminology.retrieval_words import grams, weak_words, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

LONGEST_CODE: Final = 6
"""Characters of the codes that are indexed; a seventh is an extension (which encounter), not a meaning."""

_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.6
_WEAK_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Term:
    """A name of the code numbered `code`."""

    code: int
    kind: TermKind
    text: str


def build(
    rows: Iterable[Sequence[str]],
    *,
    more: Mapping[str, Sequence[str]] | None = None,
    withheld: Collection[tuple[str, ...]] = (),
) -> TermIndex:
    """The index of a code table's rows (`icd10cm.tsv`: code, heading, billable, title, terms, notes).

    `more` are terms of an alphabetic index by code, without dots. A term whose words are in `withheld` is
    left out wherever it stands, titles aside: so a benchmark asks for what the index has not seen.
    """
    kept = [row for row in rows if not row[0].isdigit() and len(row[0].split("-")[0]) <= LONGEST_CODE]
    codes = [row[0] for row in kept]
    number = {code: index for index, code in enumerate(codes)}
    headings = {row[1] for row in kept}
    terms = list(_terms(kept, more or {}, frozenset(withheld)))
    return _arrays(
        codes=tuple(codes),
        parent=array("I", (number.get(row[1], number[row[0]]) for row in kept)),
        specific=bytes(row[0] not in headings for row in kept),
        terms=terms,
    )


def _terms(
    rows: Sequence[Sequence[str]], more: Mapping[str, Sequence[str]], withheld: frozenset[tuple[str, ...]]
) -> Iterable[Term]:
    for number, (code, _, _, title, own, notes) in enumerate(rows):
        yield Term(number, TermKind.TITLE, title)
        seen = {tuple(words(title)), ()} | withheld
        sources = (
            (TermKind.INCLUSION, own.split("|")),
            (TermKind.NOTE, notes.split("|")),
            (TermKind.ALPHABETIC_INDEX, more.get(code, ())),
        )
        for kind, texts in sources:
            for text in texts:
                key = tuple(words(text))
                if key not in seen:
                    seen.add(key)
                    yield Term(number, kind, text)


def _arrays(*, codes: tuple[str, ...], parent: array[int], specific: bytes, terms: list[Term]) -> TermIndex:
    found = [list(dict.fromkeys(words(term.text))) for term in terms]
    vocabulary = tuple(sorted({word for term in found for word in term}))
    number = {word: index for index, word in enumerate(vocabulary)}
    tokens = [[number[word] for word in term] for term in found]
    postings = _postings(terms, tokens, codes, len(vocabulary))
    weights = _word_weights(vocabulary, postings, len(terms))
    term_weight = array("f", (sum(weights[word] for word in term) for term in tokens))
    texts = [term.text.encode() for term in terms]
    gram_words = _gram_words(vocabulary)
    return TermIndex(
        codes=codes,
        parent=parent,
        specific=specific,
        term_start=_starts(_counts((term.code for term in terms), len(codes))),
        term_code=array("I", (term.code for term in terms)),
        term_kind=bytes(term.kind for term in terms),
        text=b"".join(texts),
        text_start=_starts(map(len, texts)),
        term_weight=term_weight,
        term_brevity=_brevity(term_weight),
        vocabulary=vocabulary,
        word_weight=weights,
        tokens=_joined(tokens),
        tokens_start=_starts(map(len, tokens)),
        postings=_joined(postings),
        postings_start=_starts(map(len, postings)),
        grams=tuple(gram_words),
        gram_words=_joined(gram_words.values()),
        gram_words_start=_starts(map(len, gram_words.values())),
    )


def _postings(
    terms: Sequence[Term], tokens: Sequence[Sequence[int]], codes: Sequence[str], words_held: int
) -> list[list[int]]:
    postings: list[list[int]] = [[] for _ in range(words_held)]
    for number, term in enumerate(terms):
        if "-" not in codes[term.code]:
            for word in tokens[number]:
                postings[word].append(number)
    return postings


def _word_weights(vocabulary: Sequence[str], postings: Sequence[Sequence[int]], terms: int) -> array[float]:
    weights = array("f")
    for word, found in zip(vocabulary, postings, strict=True):
        weight = math.log(1 + (terms - len(found) + 0.5) / (len(found) + 0.5))
        weights.append(weight * _WEAK_SHARE if word in weak_words() else weight)
    return weights


def _brevity(term_weight: array[float]) -> array[float]:
    mean = sum(term_weight) / len(term_weight)
    return array(
        "f",
        (
            (_SATURATION + 1) / (1 + _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * weight / mean))
            for weight in term_weight
        ),
    )


def _gram_words(vocabulary: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, word in enumerate(vocabulary):
        for gram in sorted(grams(word)):
            found[gram].append(number)
    return dict(sorted(found.items()))


def _counts(numbers: Iterable[int], size: int) -> list[int]:
    counts = [0] * size
    for number in numbers:
        counts[number] += 1
    return counts


def _starts(lengths: Iterable[int]) -> array[int]:
    return array("I", accumulate(lengths, initial=0))


def _joined(rows: Iterable[Iterable[int]]) -> array[int]:
    return array("I", (value for row in rows for value in row))

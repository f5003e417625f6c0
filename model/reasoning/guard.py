"""The citation guard: a sentence stands only where a source that it cites says so.

The check is of words, not of meaning. Against a cited sentence, or two that follow each other, a claim must
find most of its content words, each imaging modality and direction it names, each of its numbers, and as many
denials. What fails is dropped and counted. It lets through a claim that uses the source's words in another
order, and drops a true one in quite other words: it errs towards silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.assessment import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from model.evidence.paper import Evidence
    from model.reasoning.answer import Answer, Sentence

LEAST_COVERAGE: Final = 0.7
"""The part of a claim's content words that the cited text must hold."""

_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_PERCENT: Final = re.compile(r"\s*(?:%|per ?cent)")
_SUFFIX: Final = re.compile(r"(?:ations?|ities|ity|ings?|ness|ies|ied|ed|es|ly|s|e|y|al)$")
_STEM_AT_LEAST: Final = 3
_LINES: Final = tuple(
    (line.split()[0], frozenset(line.split()[1:]))
    for line in Path(__file__).with_name("guard_words.txt").read_text(encoding="utf-8").splitlines()
)
_FUNCTION, _DENIALS, _HEDGES = (
    next(words for kind, words in _LINES if kind == wanted) for wanted in ("function", "denial", "hedge")
)
_BINDING: Final = tuple(words for kind, words in _LINES if kind == "same")
"""Words of one group mean the same; a group that a claim names must be named by the source."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """The sentences that stand, with the places of their sources, and how many were dropped."""

    reasons: tuple[Reason, ...]
    dropped: int


def guarded(answer: Answer, evidence: Sequence[Evidence]) -> Guarded:
    """The answer's sentences that the evidence supports; source `[1]` is the first of it, its place 0.

    A sentence without a source stands only where there was no evidence to cite, and if it has no number.
    """
    reasons = tuple(
        Reason(each.text, tuple(number - 1 for number in each.citations))
        for each in answer.sentences
        if _stands(each, evidence)
    )
    return Guarded(reasons, len(answer.sentences) - len(reasons))


def supported(claim: str, text: str) -> bool:
    """Whether a sentence of the text, or two that follow each other and deny nothing, say what it says."""
    sentences = [part for part in _SENTENCE_END.split(text) if part.strip()]
    plain = [part for part in sentences if _DENIALS.isdisjoint(_words(part))]
    together = [f"{one} {other}" for one, other in pairwise(sentences) if one in plain and other in plain]
    windows = [*sentences, *(together if _DENIALS.isdisjoint(_words(claim)) else ())]
    return any(_entails(window, claim) for window in windows)


def _stands(sentence: Sentence, evidence: Sequence[Evidence]) -> bool:
    if not sentence.citations:
        return not evidence and not any(character.isdigit() for character in sentence.text)
    if not all(1 <= number <= len(evidence) for number in sentence.citations):
        return False
    return any(supported(sentence.text, _text(evidence[number - 1])) for number in sentence.citations)


def _text(evidence: Evidence) -> str:
    title = evidence.paper.title.rstrip(".")
    return " ".join((f"{title}.", *(section.text for section in evidence.passages)))


def _entails(source: str, claim: str) -> bool:
    said, claimed = _words(source), _words(claim)
    telling = [word for word in claimed if word not in _FUNCTION and word not in _DENIALS]
    content = {_stem(word) for word in telling if word.isalpha()}
    held = {_stem(word) for word in said}
    if not content or not _numbers(claim) <= _numbers(source):
        return False
    if sum(word in _DENIALS for word in claimed) % 2 != sum(word in _DENIALS for word in said) % 2:
        return False
    for group in _BINDING:
        if not group.isdisjoint(claimed) and group.isdisjoint(said):
            return False
        if not group.isdisjoint(claimed):
            held |= {_stem(word) for word in group}
    if not _HEDGES.isdisjoint(said) and _HEDGES.isdisjoint(claimed):
        return False  # what the source holds possible is not so
    return len(content & held) >= LEAST_COVERAGE * len(content)


def _words(text: str) -> list[str]:
    return [match.group().lower() for match in _WORD.finditer(text.replace("n't", " not"))]


def _numbers(text: str) -> set[str]:
    return set(_each_number(_PERCENT.sub("%", text)))


def _each_number(text: str) -> Iterator[str]:
    for match in re.finditer(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text):
        number = match.group().replace(",", "")
        value = float(number.rstrip("%"))
        yield f"{value:g}{'%' if number.endswith('%') else ''}"


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= _STEM_AT_LEAST else word

"""How the citation guard reads a sentence: clauses, and in each its words, numbers, studies and denials."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from model.reasoning.guard_words import (
    BOUND_REACH,
    BREAK,
    CONTRAST,
    DENIALS,
    FUNCTION,
    HEDGES,
    MARKS,
    MEASURES,
    META,
    MODALITIES,
    OPENING,
    STOPS,
    TOKEN,
    canonical,
    content_of,
    figures_of,
    is_number,
    modalities_of,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from model.reasoning.guard_words import Figure

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: what it says itself, and what it takes over from the clauses before it.

    `figures` are its numbers. `modalities` stand in the order of their naming; a
    clause that names none has those of the clause before. `opening` are the words, and `given` the figures,
    that earlier clauses of the sentence say of this one too.
    """

    words: frozenset[str]
    figures: tuple[Figure, ...]
    modalities: tuple[str, ...]
    denied: bool
    hedged: bool
    compares: bool
    opening: frozenset[str] = frozenset()
    given: tuple[Figure, ...] = ()


def sentences(text: str) -> list[str]:
    """The sentences of a text that state something; one that gives orders to its reader states nothing."""
    return [each for each in _SENTENCE_END.split(text) if each.strip() and not instructs(each)]


def instructs(sentence: str) -> bool:
    """Whether a sentence speaks to its reader of what to answer, which no finding does."""
    return not META.isdisjoint(TOKEN.findall(sentence.lower()))


def passage(text: str) -> list[Clause]:
    """All clauses of a text. A sentence without a study of its own speaks of the last one named before it."""
    clauses: list[Clause] = []
    topic: tuple[str, ...] = ()
    about: frozenset[str] = frozenset()
    for sentence in sentences(text):
        tokens = tokens_of(sentence)
        if named := modalities_of(tokens):
            topic, about = named, _described(tokens)
        read = _clauses(tokens, topic if not named else ())
        clauses += [replace(each, opening=each.opening | about) for each in read] if not named else read
    return clauses


def claims(sentence: str) -> list[Clause]:
    """The clauses of a claim, each of which a source must say."""
    return _clauses(tokens_of(sentence), ())


def _clauses(tokens: list[str], topic: tuple[str, ...]) -> list[Clause]:
    found: list[Clause] = []
    opening: frozenset[str] = frozenset()
    given: tuple[Figure, ...] = ()
    parts = list(_parts(tokens))
    for part, following in zip(parts, [*parts[1:], []], strict=False):
        words, named = content_of([*part, *_shared_ending(part, following)]), modalities_of(part)
        shared = opening
        if named:
            shared -= MODALITIES
        if not words.isdisjoint(MEASURES):
            shared -= MEASURES
        figures = figures_of(part)
        topic = named or topic
        found.append(
            Clause(
                words,
                figures,
                topic,
                denied=sum(each in DENIALS for each in part) % 2 == 1,
                hedged=not HEDGES.isdisjoint(part),
                compares=not CONTRAST.isdisjoint(part),
                opening=shared,
                given=given,
            )
        )
        opening, given = opening | content_of(_before_last_number(part)), (*given, *figures)
    return found


def _parts(tokens: list[str]) -> Iterator[list[str]]:
    """The tokens cut where another statement begins: at `;`, `:` and *but*, and between two figures."""
    part: list[str] = []
    for at, word in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        cuts = word in STOPS or word in BREAK or (word == "," and following in {*BREAK, "and"})
        if part and (cuts or _parts_figures(part, word, tokens[at + 1 :])):
            yield part
            part = []
        elif word not in MARKS:
            part.append(word)
    if part:
        yield part


def _parts_figures(part: Sequence[str], word: str, rest: Sequence[str]) -> bool:
    """Whether *and*, or a comma that ends no opening phrase, stands between two figures."""
    if word not in {",", "and"} or (word == "," and part[0] in OPENING):
        return False
    ends = next((at for at, each in enumerate(rest) if each in {*MARKS, "and"}), len(rest))
    return any(map(is_number, part)) and any(map(is_number, rest[:ends]))


def _described(tokens: Sequence[str]) -> frozenset[str]:
    """The words for the study that a sentence names first: *whole-body CT*."""
    at = next(place for place, each in enumerate(tokens) if canonical(each) in MODALITIES)
    start = at
    while start and at - start < BOUND_REACH and tokens[start - 1] not in FUNCTION | MARKS:
        start -= 1
    return content_of(tokens[start : at + 1]) | set(modalities_of(tokens))


def _before_last_number(part: Sequence[str]) -> Sequence[str]:
    """What a following figure shares: *sensitivity was* of *sensitivity was 91% for medial tears*."""
    last = max((at for at, each in enumerate(part) if is_number(each)), default=len(part))
    return part[:last]


def _shared_ending(part: Sequence[str], following: Sequence[str]) -> Sequence[str]:
    """What two figures share after the second: *for stones* of *97% and 95% for stones*.

    Nothing where the first has words of its own after it, or where the second is of another study.
    """
    if not (part and following and part[-1].endswith("%") and not modalities_of(following)):
        return ()
    if content_of(following).isdisjoint(MEASURES):
        return ()
    last = max((at for at, each in enumerate(following) if is_number(each)), default=len(following))
    return following[last + 1 :]

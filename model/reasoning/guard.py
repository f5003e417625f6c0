"""The citation guard: a sentence stands only where the sources that it cites say so.

The check is of words, not of meaning (`guard_reading.py`). Each clause of a claim must be held by one clause
of a source: all of its content words, its numbers with their units, bounds and what they count, the studies
in the order in which the source names them, and denials that agree. It must name the children, the pregnancy
or other population that the source's clause is about. What fails is dropped and counted. A claim may leave
out other conditions of the source, and a true one in other words is dropped: it errs towards silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.assessment import Reason
from model.reasoning.guard_reading import claims, instructs, passage
from model.reasoning.guard_words import POPULATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.evidence.paper import Evidence
    from model.reasoning.answer import Answer, Sentence
    from model.reasoning.guard_reading import Clause
    from model.reasoning.guard_words import Figure


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


def supported(claim: str, *texts: str) -> bool:
    """Whether the texts, together, say all that the claim says; each clause is said by one of them."""
    said = [clause for text in texts for clause in passage(text)]
    wanted = claims(claim)
    return (
        bool(wanted)
        and not instructs(claim)
        and any(clause.words for clause in wanted)
        and all(any(_entails(source, clause) for source in said) for clause in wanted)
    )


def _stands(sentence: Sentence, evidence: Sequence[Evidence]) -> bool:
    if not sentence.citations:
        return not evidence and not any(character.isdigit() for character in sentence.text)
    if not all(1 <= number <= len(evidence) for number in sentence.citations):
        return False
    return supported(sentence.text, *(_text(evidence[number - 1]) for number in sentence.citations))


def _text(evidence: Evidence) -> str:
    title = evidence.paper.title.rstrip(".")
    return " ".join((f"{title}.", *(section.text for section in evidence.passages)))


def _entails(source: Clause, claim: Clause) -> bool:
    if claim.denied is not source.denied or claim.hedged is not source.hedged:
        return False
    if not claim.words <= source.words | source.opening:
        return False
    if not source.words & POPULATIONS <= claim.words | claim.opening:
        return False  # what holds for children, or in pregnancy, is not said of everybody
    return _same_figures(source, claim) and _same_studies(source, claim)


def _same_figures(source: Clause, claim: Clause) -> bool:
    """Whether the source has the claim's figures, of the same things, one of them in this very clause."""
    held = (*source.given, *source.figures)
    if not all(any(_same(figure, other) for other in held) for figure in claim.figures):
        return False
    own, said = [each.value for each in source.figures], [each.value for each in claim.figures]
    if said and set(said).isdisjoint(own):
        return False
    return not source.compares or _in_order(said, [each.value for each in held])


def _same(one: Figure, other: Figure) -> bool:
    return one.value == other.value and (None in {one.counted, other.counted} or one.counted == other.counted)


def _same_studies(source: Clause, claim: Clause) -> bool:
    """Whether the claim's studies are the source's, in its order; a comparison must name all of them."""
    if source.compares and len(set(source.modalities)) > 1 and claim.modalities != source.modalities:
        return False
    named = set(claim.modalities)
    return claim.modalities == tuple(each for each in source.modalities if each in named)


def _in_order(some: Sequence[str], every: Sequence[str]) -> bool:
    rest = iter(every)
    return all(each in rest for each in some)

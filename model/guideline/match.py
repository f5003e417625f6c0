"""One topic against one case: the scenario that fits, those that still may, and what would decide.

A variant whose condition is true fits; where several are true the first in the file does. Where none is true,
every variant that is still unknown stays possible, and the facts they ask for become questions. A variant is
never chosen because nothing else was left to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.guideline.conditions import NO_ANSWERS, AgeIs, All

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model.case import ImagingCase
    from model.guideline.conditions import Answers, Atom, Condition
    from model.guideline.topic import Topic, Variant

ADULT_AGE: Final = 18


@dataclass(frozen=True, slots=True)
class Match:
    """How a topic stands to a case.

    `possible` holds the one variant that fits (`decided`), or all that still may. `certain` is False where
    the topic was only raised: by a symptom that has other explanations too, or, a topic about children
    (`for_child`), while the age is unknown. A topic about adults is taken to fit an unknown age.
    """

    topic: Topic
    possible: tuple[Variant, ...]
    decided: bool
    certain: bool
    for_child: bool = False
    assumed: tuple[Atom, ...] = ()


def match(topic: Topic, case: ImagingCase) -> Match | None:
    """The topic's match; `None` where the case is none of the topic's business."""
    certain = _leads(topic, case)
    if not certain and not _raised(topic, case):
        return None
    fits = _population_fits(topic, case)
    if fits is False or not case.facts.present.isdisjoint(topic.yields_to):
        return None
    possible = possible_variants(topic.variants, case, NO_ANSWERS)
    if not possible:
        return None
    decided = possible[0].when.holds(case, NO_ANSWERS) is True
    assumed = tuple(dict.fromkeys(possible[0].when.assumptions(case))) if decided else ()
    for_child = fits is None and topic.population == "child"
    return Match(topic, possible, decided, certain and not for_child, for_child, assumed)


def possible_variants(
    variants: Sequence[Variant], case: ImagingCase, answers: Answers
) -> tuple[Variant, ...]:
    """The first variant that holds, alone; else every variant that is not known to be false."""
    unknown = []
    for variant in variants:
        truth = variant.when.holds(case, answers)
        if truth is True:
            return (variant,)
        if truth is None:
            unknown.append(variant)
    return tuple(unknown)


def may_be_none(found: Match, case: ImagingCase) -> bool:
    """Whether the age rules out the scenario of a patient of whom nothing more is to be told.

    Screening at average risk begins at 40: of a woman of 39 a rating may be given only where a scenario of
    raised risk holds, however well those agree. A topic without such a scenario has none to rule out.
    """
    if found.decided:
        return False
    ruled_out = [rest for variant in found.topic.variants if (rest := _but_for_age(variant.when, case))]
    if not ruled_out:
        return False
    nothing_more = {atom: False for variant in found.topic.variants for atom in variant.when.atoms()}
    if any(variant.when.holds(case, nothing_more) for variant in found.possible):
        return False
    return any(all(part.holds(case, nothing_more) for part in rest) for rest in ruled_out)


def _but_for_age(condition: Condition, case: ImagingCase) -> tuple[Condition, ...]:
    """What a condition asks for besides an age that rules it out; `()` where none does."""
    if not isinstance(condition, All):
        return ()
    ages = [part for part in condition.parts if isinstance(part, AgeIs)]
    if all(age.known(case) is not False for age in ages):
        return ()
    return tuple(part for part in condition.parts if not isinstance(part, AgeIs))


def deciding_facts(
    found: Match, case: ImagingCase, judge: Callable[[tuple[Variant, ...]], int]
) -> tuple[Atom, ...]:
    """The unknown facts of the possible variants, the most decisive first.

    `judge` counts the different answers that a set of variants leaves open. A fact decides the more, the
    fewer answers are left over when it is known to be true and when it is known to be false; that nothing
    would be left is no answer. Variants that do not mention a fact stay as open as they are.
    """
    if found.decided:
        return ()
    atoms = dict.fromkeys(
        atom for variant in found.possible for atom in variant.when.atoms() if atom.known(case) is None
    )
    left: dict[Atom, tuple[int, float]] = {}
    for atom in atoms:
        outcomes = [_left_by(found.possible, case, atom, truth=truth) for truth in (True, False)]
        kept = [variants for variants in outcomes if variants]
        counts = [judge(variants) for variants in kept]
        left[atom] = (min(counts), sum(counts) / len(counts) + sum(map(len, kept)) / len(kept))
    return tuple(sorted(atoms, key=lambda atom: left[atom]))


def _left_by(
    variants: Sequence[Variant], case: ImagingCase, atom: Atom, *, truth: bool
) -> tuple[Variant, ...]:
    """What `possible_variants` gives of variants that are all unknown, if the atom were known to be so."""
    answers = {atom: truth}
    left = []
    for variant in variants:
        if atom in variant.mentioned:
            holds = variant.when.holds(case, answers)
            if holds is True:
                return (variant,)
            if holds is False:
                continue
        left.append(variant)
    return tuple(left)


def _raised(topic: Topic, case: ImagingCase) -> bool:
    """Whether a symptom that has other explanations too, or a word that may mean it, leads to the topic."""
    return not topic.possible_indications.isdisjoint(case.indicated) or not case.suggested.isdisjoint(
        topic.indications
    )


def _leads(topic: Topic, case: ImagingCase) -> bool:
    """Whether what the order is for is the topic's business.

    A cancer of the lung is that of a topic on brain tumors where the brain is to be imaged, and nowhere else.
    """
    leading = case.indicated.intersection(topic.indications)
    if leading and leading <= topic.only_if_listed:
        return topic.lists((*case.procedures, *case.relatives))
    return bool(leading)


def _population_fits(topic: Topic, case: ImagingCase) -> bool | None:
    """Whether the topic is about patients of this age; `None` where the age leaves it open."""
    if topic.population == "any":
        return True
    adult = case.age.within(ADULT_AGE, None) if case.age else None
    return None if adult is None else adult == (topic.population == "adult")

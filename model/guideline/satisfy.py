"""Whether a case can exist in which some conditions hold and others do not.

A condition becomes a tree of literals, each leaving an atom some of the values true, false and unknown; the
tree is searched for a case that satisfies it. What is known of the atoms is used: an age lies on one side of
a bound, a finding present makes its broader ones present. Where the search would take too long a case counts
as possible, so that nothing is ever called impossible that is not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.case import Age
from model.guideline.conditions import (
    AgeIs,
    All,
    AnyOf,
    Atom,
    DurationIs,
    FindingIs,
    IndicationIs,
    Known,
    Not,
    SexIs,
    Unless,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from model.guideline.conditions import Condition
    from terminology.findings import Vocabulary

Truths = frozenset[bool | None]

TRUE: Final[Truths] = frozenset({True})
FALSE: Final[Truths] = frozenset({False})
NOT_TRUE: Final[Truths] = frozenset({False, None})
NOT_FALSE: Final[Truths] = frozenset({True, None})
_ANY: Final[Truths] = frozenset({True, False, None})
_OPPOSITE: Final[Mapping[Truths, Truths]] = {
    TRUE: FALSE,
    FALSE: TRUE,
    NOT_TRUE: NOT_FALSE,
    NOT_FALSE: NOT_TRUE,
}
_JUST_BELOW: Final = 0.001
_OLDEST: Final = 90.0
_MOST_STEPS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Literal:
    """The atom has one of these values."""

    atom: Atom
    truths: Truths


@dataclass(frozen=True, slots=True)
class Every:
    """All parts are satisfied."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part is satisfied."""

    parts: tuple[Formula, ...]


Formula = Literal | Every | Some


def formula(condition: Condition, truths: Truths) -> Formula:
    """What the atoms must be for the condition to have one of these values."""
    match condition:
        case All(parts):
            kind = Every if truths in (TRUE, NOT_FALSE) else Some
            return kind(tuple(formula(part, truths) for part in parts))
        case AnyOf(parts):
            kind = Some if truths in (TRUE, NOT_FALSE) else Every
            return kind(tuple(formula(part, truths) for part in parts))
        case Not(part):
            return formula(part, _OPPOSITE[truths])
        case Unless(part):
            return formula(part, NOT_TRUE if truths in (TRUE, NOT_FALSE) else TRUE)
        case Known(part):
            return formula(part, TRUE if truths in (TRUE, NOT_FALSE) else NOT_TRUE)
        case Atom():
            return Literal(condition, truths)
    raise TypeError(type(condition).__name__)


def literals(tree: Formula) -> Iterator[Literal]:
    """Every literal of the tree, from left to right."""
    if isinstance(tree, Literal):
        yield tree
    else:
        for part in tree.parts:
            yield from literals(part)


def possible(formulas: Iterable[Formula], vocabulary: Vocabulary) -> bool:
    """Whether a case can satisfy all the formulas."""
    return _Search(vocabulary).finds({}, list(formulas))


@dataclass
class _Search:
    vocabulary: Vocabulary
    steps: int = 0

    def finds(self, known: dict[Atom, Truths], waiting: list[Formula]) -> bool:
        """Whether what is known can be extended so that every waiting formula is satisfied."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return True
        known = dict(known)
        open_: list[Some] = []
        while waiting:
            next_ = waiting.pop()
            if isinstance(next_, Literal):
                truths = known.get(next_.atom, _ANY) & next_.truths
                if not truths:
                    return False
                known[next_.atom] = truths
            elif isinstance(next_, Every):
                waiting.extend(next_.parts)
            else:
                open_.append(next_)
        if not consistent(known, self.vocabulary):
            return False
        choices = [(left, some) for some in open_ if (left := _left(some, known)) is not None]
        if not choices:
            return True
        fewest, chosen = min(choices, key=lambda choice: len(choice[0]))
        others: list[Formula] = [some for _, some in choices if some is not chosen]
        return any(self.finds(known, [*others, part]) for part in fewest)


def _left(some: Some, known: Mapping[Atom, Truths]) -> tuple[Formula, ...] | None:
    """The parts that may still be satisfied; `None` where one of them is already."""
    left = []
    for part in some.parts:
        if isinstance(part, Literal) and part.atom in known:
            if known[part.atom] <= part.truths:
                return None
            if not known[part.atom] & part.truths:
                continue
        left.append(part)
    return tuple(left)


def consistent(known: Mapping[Atom, Truths], vocabulary: Vocabulary) -> bool:
    """Whether one case can have all these values."""
    by_kind: dict[type[Atom], list[tuple[Atom, Truths]]] = defaultdict(list)
    for atom, truths in known.items():
        by_kind[type(atom)].append((atom, truths))
    return (
        _one_age(by_kind[AgeIs])
        and _one_duration(by_kind[DurationIs])
        and _one_sex(by_kind[SexIs])
        and _closed(by_kind[FindingIs], vocabulary)
        and _closed(by_kind[IndicationIs], vocabulary)
    )


def _one_age(literals: Sequence[tuple[Atom, Truths]]) -> bool:
    ranges = [(atom, truths) for atom, truths in literals if isinstance(atom, AgeIs)]
    if not ranges:
        return True
    return any(
        all(
            (None if age is None else age.within(atom.at_least, atom.below)) in truths
            for atom, truths in ranges
        )
        for age in _ages(atom for atom, _ in ranges)
    )


def _ages(ranges: Iterable[AgeIs]) -> Iterator[Age | None]:
    """An age on each side of every bound, ages that may be on either, and none."""
    yield None
    bounds = {bound for each in ranges for bound in (each.at_least, each.below) if bound is not None}
    points = sorted({0.0, _OLDEST, *bounds, *(bound - _JUST_BELOW for bound in bounds)})
    points = [point for point in points if 0 <= point <= _OLDEST]
    for low, high in zip(points, [*points[1:], points[-1]], strict=True):
        yield Age(low, low)
        yield Age(low, high)


def _one_duration(literals: Sequence[tuple[Atom, Truths]]) -> bool:
    ranges = [(atom, truths) for atom, truths in literals if isinstance(atom, DurationIs)]
    bounds = {bound for atom, _ in ranges for bound in (atom.at_least, atom.below) if bound is not None}
    days = (None, 0.0, *bounds, *(bound - _JUST_BELOW for bound in bounds))
    return any(all(_lasts(atom, day) in truths for atom, truths in ranges) for day in days)


def _lasts(atom: DurationIs, days: float | None) -> bool | None:
    if days is None:
        return None
    return (atom.at_least is None or days >= atom.at_least) and (atom.below is None or days < atom.below)


def _one_sex(literals: Sequence[tuple[Atom, Truths]]) -> bool:
    said = [(atom, truths) for atom, truths in literals if isinstance(atom, SexIs)]
    return any(
        all((None if sex is None else atom.sex == sex) in truths for atom, truths in said)
        for sex in (None, "female", "male")
    )


def _closed(literals: Sequence[tuple[Atom, Truths]], vocabulary: Vocabulary) -> bool:
    """A finding present makes its broader ones present: none of them may be required not to be."""
    said = {atom.key: truths for atom, truths in literals}
    broader = {
        above for finding, truths in said.items() if truths == TRUE for above in vocabulary.ancestors[finding]
    }
    return all(True in said[finding] for finding in broader & said.keys())

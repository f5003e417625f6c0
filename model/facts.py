"""What is known of a patient, in findings: present, absent, or unknown.

Three rules fill in what follows from what was stated. A finding present makes its broader findings present;
a finding absent makes its narrower ones absent; a finding present makes those it excludes absent. What was
stated beats what follows, and two statements that contradict each other leave the finding unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from terminology.findings import Polarity  # noqa: TC001 - the queue reads a case's types at run time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from chart.elements import DateRange
    from terminology.findings import Vocabulary


class Origin(StrEnum):
    """Where a fact was read."""

    ORDER = "order"
    PROBLEM_LIST = "problem-list"
    ALLERGY_LIST = "allergy-list"
    RESULT = "result"
    HISTORY = "history"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How many days before the order something was: `least` and `most` are equal where its day is known.

    Something after the order is a negative number of days before it.
    """

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A finding that somebody stated to be present or absent, where, and the record's own date of it.

    `elapsed` is `None` where the record gives no date, and for what the order itself says.
    """

    finding: str
    polarity: Polarity
    origin: Origin
    elapsed: Elapsed | None = None


def elapsed(dated: DateRange | None, day: date) -> Elapsed | None:
    """How long before `day` a date was; of a month or a year that is not over, the part so far counts."""
    if dated is None:
        return None
    last = day if dated.first <= day <= dated.last else dated.last
    return Elapsed((day - last).days, (day - dated.first).days)


@dataclass(frozen=True, slots=True)
class Facts:
    """The closed set of facts of one case; ask with `status`."""

    stated: tuple[Fact, ...] = ()
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    conflicting: frozenset[str] = frozenset()

    def status(self, finding: str) -> bool | None:
        """True if present, False if absent, `None` if unknown."""
        if finding in self.present:
            return True
        return False if finding in self.absent else None


def close(stated: Iterable[Fact], vocabulary: Vocabulary, sex: str | None = None) -> Facts:
    """Everything that follows from `stated`; see the module's three rules.

    A finding that only the other sex can have is absent, whatever was stated.
    """
    impossible = vocabulary.impossible[sex] if sex else frozenset[str]()
    facts = tuple(fact for fact in dict.fromkeys(stated) if fact.finding not in impossible)
    said_present = {fact.finding for fact in facts if fact.polarity == "present"}
    said_absent = {fact.finding for fact in facts if fact.polarity == "absent"}
    conflicting = said_present & said_absent
    present = set(said_present - conflicting)
    for finding in tuple(present):
        present |= vocabulary.ancestors[finding]
    known_or_open = present | conflicting
    absent = set(said_absent - known_or_open) | impossible
    for finding in tuple(absent):
        absent |= vocabulary.descendants[finding] - known_or_open
    for finding in present:
        absent |= {
            narrower
            for excluded in vocabulary.excluded[finding]
            for narrower in (excluded, *vocabulary.descendants[excluded])
            if narrower not in known_or_open
        }
    return Facts(facts, frozenset(present), frozenset(absent), frozenset(conflicting - present))

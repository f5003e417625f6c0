"""The rating tables of the scenarios that an assessment rests on, from the guideline as it stands now.

They are looked up by the recorded version, topic and scenario. Where our library has moved on since, its
present table is shown and said to be that; a licensed table is shown only from the very release that rated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cds_service.companion.pages import is_licensed
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cds_service.companion.pages import Page
    from model.assessment import Rating, Scenario
    from model.guideline.imported import ImportedLibrary, ImportedVariant
    from model.guideline.library import Library
    from model.guideline.topic import Variant
    from model.licensed import Licensed
    from terminology.procedures import RadiationLevel

MOST_OPEN: Final = 3
"""So many tables are shown at once; of more, each is folded."""


class Edition(StrEnum):
    """How the guideline that is shown stands to the one that rated."""

    SAME = "same"
    MOVED = "moved"
    GONE = "gone"


class Mark(StrEnum):
    """What a procedure of a table is to the order."""

    ORDERED = "ordered"
    MAYBE_ORDERED = "maybe-ordered"
    STAND_IN = "stand-in"
    PART = "part"
    FIRST = "first"
    BETTER = "better"
    OFFERED = "offered"


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure in a table: its name, radiation where that is known, and what it is to the order."""

    name: str
    radiation: RadiationLevel | None
    mark: Mark | None
    panel_disagreed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The procedures that share a rating, and, where the guideline gives one, a reason."""

    rating: Rating
    reason: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A scenario: its topic, what it describes, what it rates, and the ratings it gives to what was ordered.

    `ordered` is empty where it rates nothing that was ordered.
    """

    topic: str
    scenario: str
    groups: tuple[Group, ...]
    ordered: tuple[Rating, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of an assessment; of a guideline that is gone there are none."""

    edition: Edition
    tables: tuple[Table, ...] = ()

    @property
    def folded(self) -> bool:
        """Whether there are so many that a reader opens those that matter."""
        return len(self.tables) > MOST_OPEN

    @property
    def several_topics(self) -> bool:
        """Whether a scenario must name its topic."""
        return len({each.topic for each in self.tables}) > 1


@dataclass(frozen=True, slots=True)
class _Entry:
    """One rated procedure, from whichever kind of guideline."""

    procedure: str | None
    name: str
    rating: Rating
    radiation: RadiationLevel | None
    reason: str
    panel_disagreed: bool


@dataclass(frozen=True, slots=True)
class _Scenario:
    topic_id: str
    topic: str
    text: str
    entries: tuple[_Entry, ...]


def tables_of(page: Page, library: Library, licensed: Sequence[Licensed]) -> Tables:
    """The tables of the scenarios that fit the page's order, or still may."""
    scenarios = page.assessment.scenarios
    ours, _, theirs = page.assessment.provenance.criteria.partition("+")
    if is_licensed(page.assessment):
        held = next((each.library for each in licensed if each.library.version == theirs), None)
        if held is None:
            return Tables(Edition.GONE)
        edition, found = Edition.SAME, tuple(_licensed(scenarios, held))
    else:
        edition = Edition.SAME if library.version == ours else Edition.MOVED
        found = tuple(_ours(scenarios, library))
    if len(found) < len(scenarios):
        edition = Edition.MOVED if found else Edition.GONE
    judged = {
        topic: _judged(page, [each for each in found if each.topic_id == topic])
        for topic in {each.topic_id for each in found}
    }
    return Tables(edition, tuple(_table(each, page, judged[each.topic_id]) for each in found))


def _ours(scenarios: Iterable[Scenario], library: Library) -> Iterator[_Scenario]:
    for scenario in (each for each in scenarios if each.topic in library.topics):
        topic = library.topics[scenario.topic]
        for variant in topic.variants:
            if variant.id == scenario.variant:
                yield _Scenario(topic.id, topic.title, variant.description, tuple(_entries(variant)))


def _entries(variant: Variant) -> Iterator[_Entry]:
    for said in variant.ratings.values():
        name = catalogue()[said.procedure].name
        yield _Entry(said.procedure, name, said.rating, said.radiation, said.reason, said.panel_disagreed)


def _licensed(scenarios: Iterable[Scenario], library: ImportedLibrary) -> Iterator[_Scenario]:
    for scenario in (each for each in scenarios if each.topic in library):
        topic = library[scenario.topic]
        for variant in topic.variants:
            if variant.number == scenario.variant:
                yield _Scenario(topic.id, topic.title, variant.text, tuple(_imported_entries(variant)))


def _imported_entries(variant: ImportedVariant) -> Iterator[_Entry]:
    """By the source's own names, of which some are no procedure of the catalogue."""
    for said in variant.ratings:
        yield _Entry(
            said.procedure, said.procedure_name, said.rating, said.radiation, "", said.panel_disagreed
        )


def _judged(page: Page, scenarios: Sequence[_Scenario]) -> dict[str, Mark]:
    """What of a topic was looked at: the ordered study itself, else what stands for it, else its parts."""
    rated = {entry.procedure for each in scenarios for entry in each.entries}
    for candidates, mark in ((page.procedures, Mark.ORDERED), (page.relatives, Mark.STAND_IN)):
        found = [each for each in candidates if each in rated]
        if found:
            sure = len(page.procedures) == 1 or found == [page.assessment.procedure]
            return dict.fromkeys(found, mark if sure else Mark.MAYBE_ORDERED)
    return dict.fromkeys((each for each in page.assessment.by_parts if each in rated), Mark.PART)


def _table(scenario: _Scenario, page: Page, judged: dict[str, Mark]) -> Table:
    marks = {**_offered(page), **judged}
    by_group: dict[tuple[Rating, str], list[_Entry]] = {}
    for entry in scenario.entries:
        by_group.setdefault((entry.rating, entry.reason), []).append(entry)
    groups = [
        Group(
            rating,
            reason,
            tuple(
                Line(each.name, each.radiation, marks.get(each.procedure or ""), each.panel_disagreed)
                for each in entries
            ),
        )
        for (rating, reason), entries in by_group.items()
    ]
    said = dict.fromkeys(each.rating for each in scenario.entries if each.procedure in judged)
    return Table(
        scenario.topic,
        scenario.text,
        tuple(sorted(groups, key=lambda group: -group.rating.rank)),
        tuple(sorted(said, key=lambda rating: -rating.rank)),
    )


def _offered(page: Page) -> dict[str, Mark]:
    """The better choices; without a rating to be better than, they are merely on offer."""
    assessment = page.assessment
    marks = {
        each.procedure: Mark.BETTER if assessment.rating else Mark.OFFERED for each in assessment.alternatives
    }
    if assessment.rating and assessment.alternatives:
        marks[assessment.alternatives[0].procedure] = Mark.FIRST
    return marks

"""The `when:` of a variant: a condition over a case that is true, false or unknown (Kleene's logic).

`not` needs the fact to be known absent; `unless` only needs it not to be known present, and what it took for
granted is reported with the match; `known` is true only of what is known to be true. Conditions are read from
YAML once and are plain values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.case import ImagingCase
    from terminology.procedures import Modality


_FIRST_LINE: Final = frozenset({"xr", "us", "mg", "dbt"})


class Condition(ABC):
    """Something that is true, false or unknown (`None`) of a case."""

    __slots__ = ()

    @abstractmethod
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        """The truth of the condition, where `answers` stand in for facts that the case leaves unknown."""

    @abstractmethod
    def atoms(self) -> Iterator[Atom]:
        """The single facts that the condition needs to know; what it merely assumes is not among them."""

    def mentioned(self) -> Iterator[Atom]:
        """All the single facts on which the condition's truth can depend, assumed ones included."""
        yield from self.atoms()

    def assumptions(self, case: ImagingCase) -> Iterator[Atom]:  # noqa: ARG002 - most conditions assume nothing
        """The facts that the condition takes for granted because nobody stated them."""
        yield from ()


class Atom(Condition):
    """A condition over one fact; hashable, so that a hypothetical answer to it can be looked up."""

    __slots__ = ()

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        known = self.known(case)
        return answers.get(self) if known is None and answers else known

    @override
    def atoms(self) -> Iterator[Atom]:
        yield self

    @abstractmethod
    def known(self, case: ImagingCase) -> bool | None:
        """What the case itself says."""

    @property
    @abstractmethod
    def key(self) -> str:
        """The name under which the fact is asked for: a finding id, or the kind of fact."""


Answers = Mapping[Atom, bool]
NO_ANSWERS: Final[Answers] = {}


@dataclass(frozen=True, slots=True)
class FindingIs(Atom):
    """The finding is present, confirmed or suspected."""

    finding: str

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        facts = case.facts  # what `Atom.holds` says, in one step: nothing is asked as often
        if self.finding in facts.present:
            return True
        if self.finding in facts.absent:
            return False
        return answers.get(self) if answers else None

    @override
    def known(self, case: ImagingCase) -> bool | None:
        return case.facts.status(self.finding)

    @property
    @override
    def key(self) -> str:
        return self.finding


@dataclass(frozen=True, slots=True)
class IndicationIs(Atom):
    """The order is for this finding. Known as soon as the order states any reason at all."""

    finding: str

    @override
    def known(self, case: ImagingCase) -> bool | None:
        if self.finding in case.indicated:
            return True
        return False if case.indicated or case.facts.status(self.finding) is False else None

    @property
    @override
    def key(self) -> str:
        return self.finding


@dataclass(frozen=True, slots=True)
class AgeIs(Atom):
    """Completed years: `at_least` is included, `below` is not."""

    at_least: float | None
    below: float | None

    @override
    def known(self, case: ImagingCase) -> bool | None:
        return None if case.age is None else case.age.within(self.at_least, self.below)

    @property
    @override
    def key(self) -> str:
        return "age"


@dataclass(frozen=True, slots=True)
class SexIs(Atom):
    """The sex recorded for clinical use."""

    sex: str

    @override
    def known(self, case: ImagingCase) -> bool | None:
        return None if case.sex is None else case.sex == self.sex

    @property
    @override
    def key(self) -> str:
        return "sex"


@dataclass(frozen=True, slots=True)
class DurationIs(Atom):
    """Days since the complaint began: `at_least_days` is included, `below_days` is not."""

    at_least: float | None
    below: float | None

    @override
    def known(self, case: ImagingCase) -> bool | None:
        days = case.duration_days
        if days is None:
            return None
        return (self.at_least is None or days >= self.at_least) and (self.below is None or days < self.below)

    @property
    @override
    def key(self) -> str:
        return "duration"


@dataclass(frozen=True, slots=True)
class ImagedBefore(Atom):
    """An earlier study of one of these modalities and regions, within so many days where that is said.

    Where the imaging history is unknown, an order for just such a first-line study is taken to be the first.
    """

    modalities: tuple[Modality, ...]
    regions: tuple[str, ...]
    within_days: int | None

    @override
    def known(self, case: ImagingCase) -> bool | None:
        known = case.imaged_before(self.modalities, self.regions, self.within_days)
        if known is None and _FIRST_LINE.issuperset(self.modalities):
            ordered = {catalogue()[procedure].modality for procedure in case.procedures}
            return False if ordered.issubset(self.modalities) else None
        return known

    @property
    @override
    def key(self) -> str:
        return "prior-imaging"


@dataclass(frozen=True, slots=True)
class _Several(Condition):
    parts: tuple[Condition, ...]

    @override
    def atoms(self) -> Iterator[Atom]:
        for part in self.parts:
            yield from part.atoms()

    @override
    def mentioned(self) -> Iterator[Atom]:
        for part in self.parts:
            yield from part.mentioned()


@dataclass(frozen=True, slots=True)
class All(_Several):
    """True where every part is; false as soon as one is false."""

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        unknown = False
        for part in self.parts:
            truth = part.holds(case, answers)
            if truth is False:
                return False
            unknown |= truth is None
        return None if unknown else True

    @override
    def assumptions(self, case: ImagingCase) -> Iterator[Atom]:
        for part in self.parts:
            yield from part.assumptions(case)


@dataclass(frozen=True, slots=True)
class AnyOf(_Several):
    """True as soon as one part is; false where every part is false.

    `findings` are those of its parts, where all of them are `FindingIs`: such a list is looked up at once.
    """

    findings: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [part.finding for part in self.parts if isinstance(part, FindingIs)]
        object.__setattr__(self, "findings", frozenset(names) if len(names) == len(self.parts) else None)

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        if self.findings is not None:
            facts = case.facts
            if not self.findings.isdisjoint(facts.present):
                return True
            if self.findings <= facts.absent:
                return False
            if not answers:
                return None
        unknown = False
        for part in self.parts:
            truth = part.holds(case, answers)
            if truth is True:
                return True
            unknown |= truth is None
        return None if unknown else False

    @override
    def assumptions(self, case: ImagingCase) -> Iterator[Atom]:
        for part in self.parts:
            if part.holds(case, NO_ANSWERS) is True:
                yield from part.assumptions(case)
                return


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """True only where the part is known to be false."""

    part: Condition

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        truth = self.part.holds(case, answers)
        return None if truth is None else not truth

    @override
    def atoms(self) -> Iterator[Atom]:
        yield from self.part.atoms()

    @override
    def mentioned(self) -> Iterator[Atom]:
        yield from self.part.mentioned()


@dataclass(frozen=True, slots=True)
class Unless(Condition):
    """True unless the part is known to be true; an unknown part is an assumption, and is reported."""

    part: Condition

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        return self.part.holds(case, answers) is not True

    @override
    def atoms(self) -> Iterator[Atom]:
        yield from ()

    @override
    def mentioned(self) -> Iterator[Atom]:
        yield from self.part.mentioned()

    @override
    def assumptions(self, case: ImagingCase) -> Iterator[Atom]:
        for atom in self.part.atoms():
            if atom.known(case) is None:
                yield atom


@dataclass(frozen=True, slots=True)
class Known(Condition):
    """True only where the part is known to be true, else false: the scenario is out until it is stated."""

    part: Condition

    @override
    def holds(self, case: ImagingCase, answers: Answers) -> bool | None:
        return self.part.holds(case, answers) is True

    @override
    def atoms(self) -> Iterator[Atom]:
        yield from ()

    @override
    def mentioned(self) -> Iterator[Atom]:
        yield from self.part.mentioned()


def read_condition(entry: Mapping[str, Any]) -> Condition:
    """The condition that a `when:` mapping describes; the topic schema has checked its shape.

    Several members of one mapping must all hold; a list under `finding` or `indication` means any of them.
    """
    parts = tuple(_READERS[kind](value) for kind, value in entry.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _any_of(kind: type[FindingIs | IndicationIs], value: str | list[str]) -> Condition:
    if isinstance(value, str):
        return kind(value)
    return AnyOf(tuple(kind(finding) for finding in value))


_READERS: Final[Mapping[str, Callable[[Any], Condition]]] = {
    "all": lambda parts: All(tuple(map(read_condition, parts))),
    "any": lambda parts: AnyOf(tuple(map(read_condition, parts))),
    "not": lambda part: Not(read_condition(part)),
    "unless": lambda part: Unless(read_condition(part)),
    "known": lambda part: Known(read_condition(part)),
    "finding": lambda value: _any_of(FindingIs, value),
    "indication": lambda value: _any_of(IndicationIs, value),
    "age": lambda value: AgeIs(value.get("at_least"), value.get("below")),
    "sex": SexIs,
    "duration": lambda value: DurationIs(value.get("at_least_days"), value.get("below_days")),
    "prior_imaging": lambda value: ImagedBefore(
        tuple(value["modalities"]), tuple(value.get("regions", ())), value.get("within_days")
    ),
}

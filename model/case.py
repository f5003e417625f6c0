"""The de-identified case: the only thing about a patient that the clinical reasoning ever sees.

An `ImagingCase` holds ages in years, coded facts and catalogue ids. It has no name, no identifier, no date
and no sentence as it was written: what a text said is here as findings, and as those of its words that are on
an allow-list. `model/intake.py` builds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from model.facts import Facts
from terminology.procedures import Modality  # noqa: TC001 - the queue reads a case's types at run time

Sex = Literal["male", "female"]

OLDEST_AGE: Final = 90.0
"""Ages above are held as 90, as HIPAA's safe harbor asks: 45 CFR 164.514(b)(2)(i)(C)."""


@dataclass(frozen=True, slots=True)
class Age:
    """Age in years at the order's date, between `low` and `high`; the two are equal for a full birth date.

    They lie a year apart where the year of birth is known, further where words tell a stage of life alone.
    """

    low: float
    high: float

    def within(self, at_least: float | None, below: float | None) -> bool | None:
        """Whether the age lies in the range; `None` where only a part of what it may be does."""
        if (at_least is not None and self.high < at_least) or (below is not None and self.low >= below):
            return False
        inside = (at_least is None or self.low >= at_least) and (below is None or self.high < below)
        return True if inside else None

    @property
    def years(self) -> int | None:
        """Completed years, the fewer of two that are possible; `None` where more are."""
        return int(self.low) if int(self.high) - int(self.low) <= 1 else None


@dataclass(frozen=True, slots=True)
class Indication:
    """One reason for the order: its ICD-10-CM code where that is known, and the findings it was read as.

    `suggested` are findings that unrecognised words may mean; `legible` is False where it says nothing
    definite: an unknown code without words, or mere denials.
    """

    icd10cm: str | None
    findings: tuple[str, ...]
    legible: bool
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorStudy:
    """An earlier imaging study: what it was, and how many days before the order, where that is known.

    `days_ago` is the least number of days that its date allows, `days_at_most` the greatest where that is
    another: of some studies only the month is known. `procedure` is its catalogue id where one is clear.
    """

    modality: Modality
    regions: tuple[str, ...]
    days_ago: int | None
    procedure: str | None = None
    days_at_most: int | None = None


@dataclass(frozen=True, slots=True)
class ImagingCase:
    """One imaging order and what is known of the patient.

    `procedures` are the catalogue ids that the order may mean, one where it was clear; `relatives` are
    ordered by the same code, and stand in where a guideline names only them. `indicated` are the findings
    that the order is for, with all that they imply. `inferred` is True where the order gave no
    reason and the active problems stand in for it. `prior_studies` is `None` where the imaging history was
    not to be had, and empty where it was looked up and there is none; `history_complete` is False where
    only a part of it was sent. `spans` are the clinical words of the order's reasons and notes, one text a
    clause, every word of them on an allow-list: all that a model or a search ever sees of what was written.
    """

    procedures: tuple[str, ...]
    indications: tuple[Indication, ...] = ()
    indicated: frozenset[str] = frozenset()
    inferred: bool = False
    facts: Facts = field(default_factory=Facts)
    relatives: tuple[str, ...] = ()
    age: Age | None = None
    sex: Sex | None = None
    duration_days: float | None = None
    prior_studies: tuple[PriorStudy, ...] | None = None
    history_complete: bool = True
    spans: tuple[str, ...] = ()

    @property
    def suggested(self) -> frozenset[str]:
        """The findings that the order's unrecognised words may mean."""
        return frozenset(finding for each in self.indications for finding in each.suggested)

    def imaged_before(
        self, modalities: tuple[str, ...], regions: tuple[str, ...], within_days: int | None
    ) -> bool | None:
        """Whether such a study was done before the order; `None` where nobody knows.

        A study of unknown date counts as recent enough; one of unknown region leaves it open, and so does a
        history of which only a part is known. No regions means any region.
        """
        open_ = self.prior_studies is None or not self.history_complete
        for study in self.prior_studies or ():
            recent = within_days is None or study.days_ago is None or study.days_ago <= within_days
            if study.modality not in modalities or not recent:
                continue
            if not regions or set(regions) & set(study.regions):
                return True
            open_ |= not study.regions
        return None if open_ else False

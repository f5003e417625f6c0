"""Earlier imaging as the reasoning sees it: modality, region, days ago, and what reports concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chart.studies import Source
from model.case import PriorStudy
from model.facts import Fact, Origin, elapsed
from terminology.finding_text import conclusion_mentions
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue
from terminology.reading import read_concept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from chart.studies import Study
    from terminology.finding_text import Mention
    from terminology.findings import Finding

Seen = tuple[tuple[Modality, tuple[str, ...], str | None], ...]

_DICOM_MODALITIES: Final = {
    "CR": Modality.XR,
    "DX": Modality.XR,
    "RG": Modality.XR,
    "CT": Modality.CT,
    "MR": Modality.MR,
    "US": Modality.US,
    "NM": Modality.NM,
    "PT": Modality.PET,
    "MG": Modality.MAMMOGRAPHY,
    "RF": Modality.FLUOROSCOPY,
    "XA": Modality.ANGIOGRAPHY,
    "BMD": Modality.DXA,
}
_STATES_LEFT_BEHIND: Final = ("Z", "M96")
"""Where ICD-10-CM keeps what remains of a treatment; a finding coded elsewhere is a disease."""


@dataclass(frozen=True, slots=True)
class SeenStudy:
    """A study with what it pictured: each modality, its regions and the procedure where one is clear.

    Nothing is seen of a study that is no imaging.
    """

    study: Study
    seen: Seen


def seen_studies(studies: Iterable[Study]) -> tuple[SeenStudy, ...]:
    """The studies as imaging; names that repeat, as they do in a long history, are read once."""
    read: dict[tuple[object, ...], Seen] = {}
    found = []
    for study in studies:
        described = (study.names, study.modalities, study.body_sites)
        if described not in read:
            read[described] = _seen(study)
        found.append(SeenStudy(study, read[described]))
    return tuple(found)


def prior_studies(
    studies: tuple[SeenStudy, ...] | None, day: date, *, complete: bool
) -> tuple[PriorStudy, ...] | None:
    """The imaging done up to a day; `None` where the history is missing, or partial and empty."""
    found = tuple(
        PriorStudy(modality, regions, _days_ago(each.study, day), procedure, _days_at_most(each.study, day))
        for each in studies or ()
        if each.study.done is None or each.study.done.first <= day
        for modality, regions, procedure in each.seen
    )
    return found if found or (complete and studies is not None) else None


def study_facts(
    studies: Iterable[SeenStudy], procedures: tuple[str, ...], day: date, *, within_days: float
) -> Iterator[Fact]:
    """What earlier studies of the ordered region concluded, and what past operations leave behind.

    A conclusion older than `within_days` tells of another episode, and says nothing.
    """
    regions = {region for procedure in procedures for region in catalogue()[procedure].regions}
    for study, seen in ((each.study, each.seen) for each in studies):
        if study.done is not None and study.done.first > day:
            continue
        if study.source is Source.PROCEDURE and not seen:
            yield from _operation_facts(study, day)
        days = _days_ago(study, day)
        for modality, where, _ in seen:
            if regions & set(where) and (days is None or days <= within_days):
                yield from _conclusion_facts(study, modality, day)


def _days_ago(study: Study, day: date) -> int | None:
    return None if study.done is None else max(0, (day - study.done.last).days)


def _days_at_most(study: Study, day: date) -> int | None:
    """The days since the first day that the study's date may mean, where it may mean several."""
    return (
        None if study.done is None or study.done.first == study.done.last else (day - study.done.first).days
    )


def _conclusion_facts(study: Study, modality: Modality, day: date) -> Iterator[Fact]:
    """The findings that the conclusion states.

    To deny a finding is to state those that it excludes: no fracture is an unrevealing radiograph. Where both
    are read, as in "fracture of the neck, normal alignment", the one that excludes the other stands.
    """
    texts = [study.conclusion_text, *(concept.words for concept in study.conclusions)]
    mentions = [mention for text in texts if text for mention in conclusion_mentions(text, modality)]
    stated = {mention.finding for mention in mentions if _plainly(mention) and not mention.assertion.negated}
    denied = {mention.finding for mention in mentions if _plainly(mention) and mention.assertion.negated}
    for finding in denied - stated:
        others = vocabulary()[finding].excludes
        stated.update(other for other in others if modality in vocabulary()[other].imaging)
    excluded = {other for finding in stated for other in vocabulary()[finding].excludes}
    for finding in sorted(stated - excluded):
        yield Fact(finding, "present", Origin.HISTORY, elapsed(study.done, day))


def _plainly(mention: Mention) -> bool:
    says = mention.assertion
    return not (says.uncertain or says.historical or says.hypothetical or says.family)


def _operation_facts(study: Study, day: date) -> Iterator[Fact]:
    """What an operation leaves behind; the disease in its name may be gone by now, or was only looked for."""
    for name in study.names:
        for statement in read_concept(name).statements:
            if statement.polarity == "present" and _left_behind(vocabulary()[statement.finding]):
                yield Fact(statement.finding, "present", Origin.HISTORY, elapsed(study.done, day))


def _left_behind(finding: Finding) -> bool:
    return finding.lasting and all(code.startswith(_STATES_LEFT_BEHIND) for code in finding.icd10cm)


def _seen(study: Study) -> Seen:
    """What a study pictured, by its codes, else by its words, DICOM codes and body sites."""
    for name in study.names:
        for coding in name.codings:
            coded = catalogue().coded(coding.system, coding.code) if coding.system else ()
            if coded and coded[0].modality is not Modality.NONE:
                return ((coded[0].modality, coded[0].regions, coded[0].id if len(coded) == 1 else None),)
    readings = [catalogue().read(words) for words in dict.fromkeys(_words(study))]
    named = next((each.modality for each in readings if each.modality not in {None, Modality.NONE}), None)
    dicom = tuple(_DICOM_MODALITIES[code] for code in study.modalities if code in _DICOM_MODALITIES)
    modalities = (named,) if named else dicom
    if not modalities:
        return ()
    regions = next((each.regions for each in readings if each.regions), ()) or tuple(
        dict.fromkeys(region for site in study.body_sites for region in catalogue().read(site).regions)
    )
    clear = next((each.candidates[0].id for each in readings if len(each.candidates) == 1), None)
    procedure = clear if named else None
    return tuple((modality, regions, procedure) for modality in dict.fromkeys(modalities))


def _words(study: Study) -> Iterator[str]:
    for name in study.names:
        yield from (words for words in (name.text, *(each.display for each in name.codings)) if words)

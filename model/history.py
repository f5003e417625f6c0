"""Earlier imaging as the reasoning sees it: modality, region, days ago, and what reports concluded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model.case import PriorStudy
from model.facts import Fact, Origin
from terminology.finding_text import conclusion_mentions
from terminology.procedures import Modality, catalogue
from terminology.reading import read_concept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from chart.chart import Chart
    from chart.studies import Study

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
}


def prior_studies(chart: Chart, day: date) -> tuple[PriorStudy, ...] | None:
    """The studies done up to a day; `None` where the history is missing, or partial and empty."""
    if chart.studies is None:
        return None
    found = tuple(
        PriorStudy(modality, regions, None if study.done is None else (day - study.done.last).days)
        for study in chart.studies
        if study.done is None or study.done.first <= day
        for modality, regions in _read(study)
    )
    return found if found or chart.studies_complete else None


def study_facts(studies: Iterable[Study], procedures: tuple[str, ...]) -> Iterator[Fact]:
    """What earlier studies of the ordered region concluded, and what past operations leave behind."""
    regions = {region for procedure in procedures for region in catalogue()[procedure].regions}
    for study in studies:
        seen = _read(study)
        if not seen:
            yield from _operation_facts(study)
        for modality, where in seen:
            if study.conclusion_text and regions & set(where):
                for mention in conclusion_mentions(study.conclusion_text, modality):
                    if not mention.assertion.negated:
                        yield Fact(mention.finding, "present", Origin.HISTORY)


def _operation_facts(study: Study) -> Iterator[Fact]:
    for name in study.names:
        for statement in read_concept(name).statements:
            yield Fact(statement.finding, statement.polarity, Origin.HISTORY)


def _read(study: Study) -> list[tuple[Modality, tuple[str, ...]]]:
    """The modality and regions of a study by its name; else by its DICOM modality and body site."""
    for name in study.names:
        for coding in name.codings:
            if coding.system and (coded := catalogue().coded(coding.system, coding.code)):
                return [(coded[0].modality, coded[0].regions)]
        reading = catalogue().read(name.words or "")
        if reading.modality is not None and reading.modality is not Modality.NONE:
            return [(reading.modality, reading.regions)]
    regions = tuple(region for site in study.body_sites for region in catalogue().read(site).regions)
    return [(_DICOM_MODALITIES[code], regions) for code in study.modalities if code in _DICOM_MODALITIES]

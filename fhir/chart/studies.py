"""Earlier imaging: ImagingStudy, DiagnosticReport and Procedure, each as one study that was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.imagingstudy import ImagingStudy
from fhir.resources.R4B.procedure import Procedure

from chart.elements import DateRange, read_concept, read_concepts, read_date
from chart.lenient import read_leniently
from terminology.coding import Concept

if TYPE_CHECKING:
    from chart.resource import Resource

_NOT_DONE: Final = frozenset({"registered", "cancelled", "entered-in-error", "not-done", "preparation", "stopped"})
_STUDY: Final = ("status", "started", "modality", "procedureCode", "description", "series")
_REPORT: Final = ("status", "code", "effectiveDateTime", "issued", "conclusion", "conclusionCode")
_PROCEDURE: Final = ("status", "code", "performedDateTime", "performedPeriod")


@dataclass(frozen=True, slots=True)
class Study:
    """A study that was done: how it was named, its DICOM modalities and body sites, and what it showed."""

    names: tuple[Concept, ...]
    modalities: tuple[str, ...]
    body_sites: tuple[str, ...]
    done: DateRange | None
    conclusions: tuple[Concept, ...]
    conclusion_text: str | None


def read_study(resource: Resource) -> Study | None:
    """The study; `None` for other resources and for one that was not done or says nothing."""
    reader = _READERS.get(resource.type)
    study = reader(resource) if reader else None
    return study if study is not None and (study.names or study.modalities) else None


def _imaging_study(resource: Resource) -> Study | None:
    study = _done(resource, ImagingStudy, _STUDY)
    if study is None:
        return None
    described = (Concept(text=study.description),) if study.description else ()
    series = study.series or ()
    codings = [*(study.modality or ()), *(each.modality for each in series)]
    sites = [each.bodySite.display for each in series if each.bodySite and each.bodySite.display]
    return Study(
        (*read_concepts(study.procedureCode), *described),
        tuple(dict.fromkeys(coding.code for coding in codings if coding.code)),
        tuple(dict.fromkeys(sites)),
        read_date(study.started),
        (),
        None,
    )


def _report(resource: Resource) -> Study | None:
    report = _done(resource, DiagnosticReport, _REPORT)
    if report is None:
        return None
    return Study(
        _named(read_concept(report.code)),
        (),
        (),
        read_date(report.effectiveDateTime or report.issued),
        read_concepts(report.conclusionCode),
        report.conclusion,
    )


def _procedure(resource: Resource) -> Study | None:
    procedure = _done(resource, Procedure, _PROCEDURE)
    if procedure is None:
        return None
    period = procedure.performedPeriod
    performed = procedure.performedDateTime or (period.start if period is not None else None)
    return Study(_named(read_concept(procedure.code)), (), (), read_date(performed), (), None)


_READERS: Final = {"ImagingStudy": _imaging_study, "DiagnosticReport": _report, "Procedure": _procedure}


def _done(resource: Resource, model: Any, elements: tuple[str, ...]) -> Any:
    read = read_leniently(resource, model, elements)
    return None if read is None or read.status in _NOT_DONE else read


def _named(concept: Concept) -> tuple[Concept, ...]:
    return () if concept.empty else (concept,)

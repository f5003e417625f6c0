"""Earlier imaging: ImagingStudy, DiagnosticReport and Procedure, each as one study that was done.

https://hl7.org/fhir/R4/imagingstudy.html, https://hl7.org/fhir/R4/diagnosticreport.html and
https://hl7.org/fhir/R4/procedure.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.imagingstudy import ImagingStudy
from fhir.resources.R4B.procedure import Procedure

from chart import shapes
from chart.elements import DateRange, read_concept, read_concepts, read_date
from chart.lenient import NOT_STATED, Elements, read_leniently
from terminology.coding import Concept

if TYPE_CHECKING:
    from chart.resource import Resource

_NOT_DONE: Final = frozenset(
    {
        "registered",
        "cancelled",
        "entered-in-error",
        "not-done",
        "preparation",
        "stopped",
        "aborted",
        "suspended",
    }
)
_SERIES: Final = shapes.elements(
    {"modality": shapes.one(shapes.coding), "bodySite": shapes.one(shapes.coding)}
)
_STUDY: Final = Elements(
    {
        "status": shapes.code,
        "started": shapes.date_time,
        "modality": shapes.many(shapes.coding),
        "procedureCode": shapes.many(shapes.concept),
        "description": shapes.text,
        "series": shapes.many(
            shapes.with_stand_ins(_SERIES, {"uid": "0", "modality": {"display": "not stated"}})
        ),
    },
    names={"modality": ("modality", "modalityList"), "procedureCode": ("procedureCode", "procedure")},
    required={"status": "unknown", "subject": NOT_STATED},
)
_REPORT: Final = Elements(
    {
        "status": shapes.code,
        "code": shapes.one(shapes.concept),
        "effectiveDateTime": shapes.date_time,
        "conclusion": shapes.text,
        "conclusionCode": shapes.many(shapes.concept),
    },
    names={
        "effectiveDateTime": ("effectiveDateTime", "effectivePeriod", "issued"),
        "conclusionCode": ("conclusionCode", "codedDiagnosis"),
    },
    required={"status": "unknown", "code": {}},
)
_PROCEDURE: Final = Elements(
    {
        "status": shapes.code,
        "code": shapes.one(shapes.concept),
        "bodySite": shapes.many(shapes.concept),
        "performedDateTime": shapes.date_time,
    },
    names={
        "performedDateTime": (
            "performedDateTime",
            "performedPeriod",
            "performedString",
            "occurrenceDateTime",
            "occurrencePeriod",
        )
    },
    required={"status": "unknown", "subject": NOT_STATED},
)


class Source(StrEnum):
    """What kind of resource tells of a study."""

    IMAGING = "imaging"
    REPORT = "report"
    PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True)
class Study:
    """A study that was done: how it was named, its DICOM modalities and body sites, and what it showed."""

    references: tuple[str, ...]
    source: Source
    names: tuple[Concept, ...] = ()
    modalities: tuple[str, ...] = ()
    body_sites: tuple[str, ...] = ()
    done: DateRange | None = None
    conclusions: tuple[Concept, ...] = ()
    conclusion_text: str | None = None


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
        resource.references,
        Source.IMAGING,
        names=(*read_concepts(study.procedureCode), *described),
        modalities=tuple(dict.fromkeys(coding.code for coding in codings if coding.code)),
        body_sites=tuple(dict.fromkeys(sites)),
        done=read_date(study.started),
    )


def _report(resource: Resource) -> Study | None:
    report = _done(resource, DiagnosticReport, _REPORT)
    if report is None:
        return None
    return Study(
        resource.references,
        Source.REPORT,
        names=_named(read_concept(report.code)),
        done=read_date(report.effectiveDateTime),
        conclusions=read_concepts(report.conclusionCode),
        conclusion_text=report.conclusion,
    )


def _procedure(resource: Resource) -> Study | None:
    procedure = None if _not_performed(resource) else _done(resource, Procedure, _PROCEDURE)
    if procedure is None:
        return None
    sites = [site.words for site in read_concepts(procedure.bodySite)]
    return Study(
        resource.references,
        Source.PROCEDURE,
        names=_named(read_concept(procedure.code)),
        body_sites=tuple(site for site in sites if site),
        done=read_date(procedure.performedDateTime),
    )


_READERS: Final = {"ImagingStudy": _imaging_study, "DiagnosticReport": _report, "Procedure": _procedure}


def _done(resource: Resource, model: Any, elements: Elements) -> Any:
    read = read_leniently(resource, model, elements)
    return None if read is None or read.status in _NOT_DONE else read


def _not_performed(resource: Resource) -> bool:
    """DSTU2 and STU3 say so in an element of their own."""
    return any(resource.original.get(element) is True for element in ("notPerformed", "notDone"))


def _named(concept: Concept) -> tuple[Concept, ...]:
    return () if concept.empty else (concept,)

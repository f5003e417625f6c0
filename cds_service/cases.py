"""Cases as plain records, and assessments as plain answers: the JSON of `apposite rate`.

A case is `{"id", "age"?, "sex"?, "indications": [text or {"system", "code"}], "scenario"?: text,
"procedure": text or {"system", "code"}}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cds_service import protocol
from cds_service.errors import RequestError
from model.intake import PlainCase, case_of_record
from model.safety import caution_text
from terminology.coding import Coding, Concept
from terminology.systems import canonical_system

if TYPE_CHECKING:
    from model.assessment import Assessment
    from model.case import ImagingCase

Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class Code(BaseModel):
    """A code: `system` is a URI or a name such as `icd-10-cm`, `snomed-ct`, `cpt`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    system: Text
    code: Text
    display: str | None = None

    def concept(self) -> Concept:
        """The code as a concept."""
        return Concept((Coding(self.code.strip(), canonical_system(self.system), self.display),))


class CaseRecord(BaseModel):
    """One case as it stands on a line."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    id: Text | int
    age: Annotated[float, Field(ge=0, le=130)] | None = None
    sex: Literal["male", "female"] | None = None
    indications: Annotated[list[Code | Text], Field(min_length=1, max_length=50)]
    scenario: Text | None = None
    procedure: Code | Text


def read_case(value: object) -> tuple[str | int, ImagingCase]:
    """The id and the case of a record.

    Raises:
        RequestError: An element breaks a rule, or the procedure is no imaging that the catalogue knows.
    """
    record = protocol.read(CaseRecord, value)
    case = case_of_record(
        PlainCase(
            procedure=_concept(record.procedure),
            indications=tuple(_concept(indication) for indication in record.indications),
            scenario=record.scenario,
            age_years=record.age,
            sex=record.sex,
        )
    )
    if case is None:
        raise RequestError("procedure", "is no imaging procedure that the catalogue knows")
    return record.id, case


def answer(id_: str | int, assessment: Assessment) -> dict[str, Any]:
    """The assessment as the JSON object of one answer line."""
    scenarios = assessment.scenarios
    certain = {scenario.topic for scenario in scenarios if scenario.certain}
    topics = certain or {scenario.topic for scenario in scenarios}
    return {
        "id": id_,
        "rating": assessment.rating.value if assessment.rating else None,
        "source": assessment.source.value,
        "topic": topics.pop() if len(topics) == 1 else None,
        "variant": scenarios[0].variant if assessment.fits else None,
        "confidence": None,
        "reasons": list(assessment.reasons),
        "safety": [caution_text(each, None) for each in assessment.safety],
        "missing": [question.text for question in assessment.missing],
        "citations": [f"{each.text} ({each.year})" for each in dict.fromkeys(assessment.citations)],
    }


def _concept(written: Code | str) -> Concept:
    return written.concept() if isinstance(written, Code) else Concept(text=written)

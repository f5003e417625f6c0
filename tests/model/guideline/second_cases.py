"""The collections of cases for the matcher as a whole: from a record, or an order with a chart, to the answer."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from cds_service.cases import answer, read_case
from cds_service.errors import RequestError
from chart.chart import ChartParts, read_chart
from chart.order import read_order
from chart.resource import Resources, read_resource, read_resources
from model.assess import assess
from model.guideline.library import library
from model.intake import case_of_order
from terminology.systems import canonical_system

VECTORS: Final = Path(__file__).parents[2] / "vectors"
DAY: Final = date(2026, 3, 10)
BESIDE_THE_CASE: Final = {"expected", "why", "history"}
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def read_cases(collection: str = "matching-second") -> list[dict[str, Any]]:
    """The cases of a collection, in the order of its file."""
    written = json.loads((VECTORS / f"{collection}.json").read_text(encoding="utf-8"))
    cases: list[dict[str, Any]] = written["cases"]
    return cases


def answered(case: dict[str, Any]) -> dict[str, Any]:
    """The answer to a case, and in `asks` whether facts are asked for; silent where the study is unknown."""
    record = {name: value for name, value in case.items() if name not in BESIDE_THE_CASE}
    try:
        imaging_case = _case_with_chart(case) if "history" in case else read_case(record)[1]
    except RequestError:
        imaging_case = None
    if imaging_case is None:
        return {"topic": None, "variant": None, "rating": None, "asks": False, "missing": []}
    found = answer(case["id"], assess(imaging_case, library()))
    return found | {"asks": bool(found["missing"])}


def missed(case: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What was expected and what was found, where the two differ."""
    found = answered(case)
    return {name: (wanted, found[name]) for name, wanted in case["expected"].items() if found[name] != wanted}


def _case_with_chart(case: dict[str, Any]) -> Any:
    history = case["history"]
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "authoredOn": DAY.isoformat(),
        "subject": {"reference": "Patient/p1"},
        "code": _concept(case["procedure"]),
        "reasonCode": [_concept(each) for each in case["indications"]],
    }
    patient = {"resourceType": "Patient", "id": "p1", "gender": case["sex"], "birthDate": _born(case["age"])}
    studies = _bundle([_study(each) for each in history["studies"]]) if "studies" in history else None
    chart = read_chart(
        ChartParts(
            patient=read_resources(patient, "patient"),
            problems=_bundle([_problem(each) for each in history.get("problems", ())]),
            results=_bundle([_result(each) for each in history.get("results", ())]),
            studies=() if studies is None else (studies,),
        )
    )
    read = read_order(read_resource(order, "order"))
    return None if read is None else case_of_order(read, chart, DAY)


def _bundle(resources: list[dict[str, Any]]) -> Resources:
    entries = [{"resource": {"id": f"r{place}", **each}} for place, each in enumerate(resources)]
    sent = {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}
    return read_resources(sent, "chart")


def _born(years: int) -> str:
    return DAY.replace(year=DAY.year - years).isoformat()


def _concept(written: str | dict[str, str]) -> dict[str, Any]:
    if isinstance(written, str):
        return {"text": written}
    return {"coding": [{"system": canonical_system(written["system"]), "code": written["code"]}]}


def _problem(code: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": _concept(code),
    }


def _result(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": result["loinc"]}]},
        "effectiveDateTime": f"{_ago(result)}T08:00:00Z",
        "valueQuantity": {"value": result["value"], "unit": result["unit"]},
        "interpretation": [{"coding": [{"system": INTERPRETATION, "code": result["interpretation"]}]}],
    }


def _study(study: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": study["name"]},
        "effectiveDateTime": _ago(study),
    }


def _ago(dated: dict[str, Any]) -> str:
    return (DAY - timedelta(days=dated["days_ago"])).isoformat()

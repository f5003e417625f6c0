"""Orders, calls and services that tests share. Synthetic patients only."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cds_service.app import create_app
from cds_service.consults import Consults, open_engine
from cds_service.reviews import Reviews
from cds_service.schema import migrate
from cds_service.services import Services
from cds_service.settings import Settings
from model.assess import assess
from model.evidence.paper import Evidence, EvidenceLevel
from model.evidence.rank import Ranked
from model.guideline.library import library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flask.testing import FlaskClient

    from model.evidence.paper import EvidenceQuestion, Paper

CPT = "http://www.ama-assn.org/go/cpt"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LOW_BACK_PAIN = "279039007"
HEADACHE = "25064002"
PAPILLEDEMA = "423341008"
TOOTHACHE = "27355003"
DYSPNEA = "267036007"
CONGENITAL_HEART_DISEASE = "13213009"
SELECT = "/cds-services/imaging-order-select"
SIGN = "/cds-services/imaging-order-sign"


def make_services(folder: Path, **settings: Any) -> Services:
    """Services on a fresh SQLite file, with the bundled library."""
    made = Settings(database_url=f"sqlite:///{folder / 'test.db'}", **settings)
    engine = open_engine(made.database_url)
    migrate(engine)
    return Services(made, library(), partial(assess, library=library()), Consults(engine), Reviews(engine))


def make_client(services: Services) -> FlaskClient:
    """A client of the app with these services."""
    return create_app(services).test_client()


def with_assess(services: Services, judge: Any) -> Services:
    """The same services with another way to assess."""
    return replace(services, assess=judge)


def order(cpt: str, *reasons: str, id_: str = "order-1", **members: Any) -> dict[str, Any]:
    """A draft ServiceRequest: a CPT code, and SNOMED CT reasons, each a concept of its own."""
    return {
        "resourceType": "ServiceRequest",
        "id": id_,
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": CPT, "code": cpt, "display": "a study"}]},
        "subject": {"reference": "Patient/p1"},
        "reasonCode": [{"coding": [{"system": SNOMED, "code": code}]} for code in reasons],
        **members,
    }


def call(*orders: dict[str, Any], hook: str = "order-select", **members: Any) -> dict[str, Any]:
    """A hook call about these draft orders, all of them selected."""
    context: dict[str, Any] = {
        "userId": "Practitioner/u1",
        "patientId": "p1",
        "draftOrders": {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": copy.deepcopy(each)} for each in orders],
        },
    }
    if hook == "order-select":
        context["selections"] = [f"{each['resourceType']}/{each['id']}" for each in orders if "id" in each]
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        **members,
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """A searchset of resources."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}


def rating_of(reply: dict[str, Any], index: int = 0) -> str | None:
    """The PAMA code on the order in a reply's system action; `None` where there is no such action."""
    actions = reply.get("systemActions", [])
    if index >= len(actions):
        return None
    extensions = actions[index]["resource"]["extension"]
    rating = next(each for each in extensions if each["url"].endswith("/pama-rating"))
    code: str = rating["valueCodeableConcept"]["coding"][0]["code"]
    return code


def rank(papers: Sequence[Paper], _: EvidenceQuestion) -> Ranked:
    """The papers in the order they came, each of a low level."""
    kept = [each for each in papers if not each.retracted]
    level = EvidenceLevel.LOW
    evidence = tuple(Evidence(each, level, ("a fake",), each.abstract, 0.5) for each in kept)
    return Ranked(evidence, tuple(each for each in papers if each.retracted))

"""The rating on a ServiceRequest: the four extensions of the Argonaut guide for PAMA.

They replace those that the order carries; nothing else of the order changes. The first coding of a rating
is the guide's own, the band of the guideline follows as a translation.
https://github.com/argonautproject/cds-hooks-for-pama
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Outcome, Rating

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cds_service.render import Answer
    from cds_service.settings import Settings
    from chart.resource import Resource
    from model.assessment import Alternative

RATING: Final = "http://fhir.org/argonaut/Extension/pama-rating"
CONSULTED: Final = "http://fhir.org/argonaut/Extension/pama-rating-qcdsm-consulted"
CONSULT_ID: Final = "http://fhir.org/argonaut/Extension/pama-rating-consult-id"
APPLIED: Final = "http://fhir.org/argonaut/Extension/pama-rating-auc-applied"
CODES: Final = "http://fhir.org/argonaut/CodeSystem/pama-rating"
BANDS: Final = "urn:apposite:appropriateness-rating"
_OURS: Final = frozenset({RATING, CONSULTED, CONSULT_ID, APPLIED})
_UUID: Final = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def of_order(answer: Answer, settings: Settings) -> list[dict[str, Any]]:
    """The extensions for the order itself; empty where there is nothing to write."""
    assessment = answer.assessment
    if assessment.outcome is Outcome.NO_GUIDANCE:
        opinion = assessment.opinion
        code = _pama_code(opinion.rating, settings) if opinion and settings.send_model_ratings else ""
        return _extensions(code or "no-criteria-apply", None, answer.consult_id, settings)
    code = _pama_code(assessment.rating, settings) if assessment.rating else ""
    if not code:
        return []
    extensions = _extensions(code, assessment.rating, answer.consult_id, settings)
    return [*extensions, *_applied(answer)]


def of_alternative(answer: Answer, alternative: Alternative, settings: Settings) -> list[dict[str, Any]]:
    """The extensions for the order changed to an alternative: it need not be rated again."""
    code = _pama_code(alternative.rating, settings)
    return [*_extensions(code, alternative.rating, answer.consult_id, settings), *_applied(answer)]


def replaced(order: Mapping[str, Any], extensions: list[dict[str, Any]]) -> dict[str, Any]:
    """The order with these extensions in the place of any rating it carried."""
    carried = order.get("extension")
    others = [each for each in carried if not _is_rating(each)] if isinstance(carried, list) else []
    return {**order, "extension": [*others, *extensions]}


def consult_of(resource: Resource, settings: Settings) -> str | None:
    """The consultation that the order already names, if it was one of ours."""
    carried = resource.original.get("extension")
    ratings = [each for each in carried if _is_rating(each)] if isinstance(carried, list) else []
    values = {each["url"].strip(): each.get("valueUri", each.get("valueString")) for each in ratings}
    named = values.get(CONSULT_ID)
    ours = values.get(CONSULTED) == settings.consulted_code
    return named if ours and isinstance(named, str) and _UUID.fullmatch(named) else None


def _is_rating(extension: object) -> bool:
    """The guide's table has a tab behind one of the addresses, so they are compared without blanks."""
    return isinstance(extension, dict) and str(extension.get("url", "")).strip() in _OURS


def _pama_code(rating: Rating, settings: Settings) -> str:
    return {
        Rating.USUALLY_APPROPRIATE: "appropriate",
        Rating.MAY_BE_APPROPRIATE: settings.may_be_appropriate_code,
        Rating.USUALLY_NOT_APPROPRIATE: "not-appropriate",
    }[rating]


def _extensions(
    code: str, rating: Rating | None, consult_id: str, settings: Settings
) -> list[dict[str, Any]]:
    codings = [{"system": CODES, "code": code}] if code else []
    if rating:
        codings.append({"system": BANDS, "code": rating.value})
    return [
        {"url": RATING, "valueCodeableConcept": {"coding": codings}},
        {"url": CONSULTED, "valueString": settings.consulted_code},
        {"url": CONSULT_ID, "valueUri": consult_id},
    ]


def _applied(answer: Answer) -> list[dict[str, Any]]:
    """The one criterion applied; none where several scenarios agree."""
    if not answer.assessment.fits:
        return []
    scenario = answer.assessment.scenarios[0]
    criterion = f"urn:apposite:criterion:{scenario.topic}:{scenario.variant}"
    return [{"url": APPLIED, "valueUri": criterion}]

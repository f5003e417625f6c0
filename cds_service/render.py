"""Assessments become cards and system actions; the words are files in `cards/`.

https://cds-hooks.hl7.org/STU2/#cds-service-response
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from cds_service import rating_extension
from cds_service.card_text import detail, suggestion_label, summary, topic, words
from cds_service.evidence_rows import question_key
from model.assessment import Outcome, Rating
from terminology.procedures import catalogue
from terminology.systems import CPT, canonical_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from cds_service.rate import RatedOrder
    from cds_service.settings import Settings
    from chart.resource import Resource
    from model.assessment import Alternative, Assessment
    from model.case import ImagingCase

INDICATORS: Final = {
    Rating.USUALLY_APPROPRIATE: "info",
    Rating.MAY_BE_APPROPRIATE: "info",
    Rating.USUALLY_NOT_APPROPRIATE: "warning",
}
LITERATURE: Final = "apposite.literature"
OWN_PROCEDURES: Final = "urn:apposite:imaging-procedure"


@dataclass(frozen=True, slots=True)
class Answer:
    """One order, what was concluded about it, and the ids under which that is recorded and shown.

    `card_id` is `None` where there is nothing worth a clinician's look; `day` is when the order was written.
    `review` and `question` are the keys of a language model's review and of a search of the literature.
    """

    order: Resource
    case: ImagingCase
    assessment: Assessment
    consult_id: str
    card_id: str | None
    suggestion_ids: tuple[str, ...]
    day: date | None = None
    review: str | None = None
    question: str | None = None


def new_answer(order: Resource, rated: RatedOrder, settings: Settings) -> Answer:
    """The answer to the order, with fresh ids; a consultation that the order names goes on."""
    assessment = rated.assessment
    suggestions = min(len(assessment.alternatives), settings.max_suggestions)
    return Answer(
        order,
        rated.case,
        assessment,
        consult_id=rating_extension.consult_of(order, settings) or f"urn:uuid:{uuid4()}",
        card_id=str(uuid4()) if _deserves_card(assessment, settings) else None,
        suggestion_ids=tuple(str(uuid4()) for _ in range(suggestions)),
        day=rated.day,
        review=rated.review,
        question=question_key(rated.question) if rated.question else None,
    )


def response(
    answers: Iterable[Answer], settings: Settings, page_of: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """The CDS Hooks response; members without content are left out, except `cards`.

    `page_of` gives the address of the companion page of a card; `None` where an installation has none.
    """
    answers = tuple(answers)
    reply: dict[str, Any] = {
        "cards": [
            card(each, settings, page_of(each.card_id) if page_of else None)
            for each in answers
            if each.card_id
        ]
    }
    actions = [action for each in answers if (action := system_action(each, settings))]
    if actions:
        reply["systemActions"] = actions
        if settings.legacy_system_actions:
            reply["extension"] = {"systemActions": actions}
    return reply


def _deserves_card(assessment: Assessment, settings: Settings) -> bool:
    if assessment.safety:
        return True
    if assessment.outcome is Outcome.NO_GUIDANCE:
        pending = assessment.review_pending or assessment.search_pending
        return bool(assessment.alternatives or assessment.opinion or assessment.literature or pending)
    if assessment.rating is Rating.USUALLY_APPROPRIATE:
        return settings.cards_for_appropriate
    return True


def card(answer: Answer, settings: Settings, page: str | None = None) -> dict[str, Any]:
    """The card of one answer, valid in CDS Hooks 2.0.1 and 3.0, with a link to its companion page if any."""
    assessment = answer.assessment
    source: dict[str, Any] = {"label": words()["source"], "topic": topic(assessment)}
    if settings.base_url:
        source["url"] = settings.base_url
    suggestions = [
        suggestion(answer, alternative, uuid, settings)
        for alternative, uuid in zip(assessment.alternatives, answer.suggestion_ids, strict=False)
    ]
    for offered, alternative in zip(suggestions, assessment.alternatives, strict=False):
        if alternative.rating is Rating.USUALLY_APPROPRIATE and not alternative.safety:
            offered["isRecommended"] = True
            break
    made: dict[str, Any] = {
        "uuid": answer.card_id,
        "summary": summary(answer.case, assessment),
        "indicator": INDICATORS[assessment.rating] if assessment.rating else "info",
        "detail": detail(answer.case, assessment, answer.day, linked=page is not None),
        "source": source,
        "overrideReasons": words()["override_reasons"],
    }
    if suggestions:
        made |= {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    if page:
        label = words()["link"]["pending" if assessment.review_pending else "usual"]
        made["links"] = [{"label": label, "url": page, "type": "absolute"}]
    extension = _extension(answer)
    return {**made, "extension": extension} if extension else made


def _extension(answer: Answer) -> dict[str, Any]:
    """What the card is about, and the papers that it cites: by number and level, with no word of theirs."""
    reference, assessment = answer.order.reference, answer.assessment
    made: dict[str, Any] = (
        {"davinci-crd.associated-resource": [{"reference": reference}]} if reference else {}
    )
    if assessment.literature:
        papers = [
            {"id": each.id, "url": each.url, "year": each.year, "level": each.level}
            for each in assessment.literature
        ]
        searched = assessment.provenance.evidence
        made[LITERATURE] = {
            **({"searchedOn": searched} if searched else {}),
            **({"levels": "trained"} if any(each.level_by for each in assessment.literature) else {}),
            "papers": [{name: value for name, value in each.items() if value} for each in papers],
        }
    return made


def suggestion(answer: Answer, alternative: Alternative, uuid: str, settings: Settings) -> dict[str, Any]:
    """Changes the order to another procedure; everything else of it stays, and it is rated already."""
    name = catalogue()[alternative.procedure].name
    rating = rating_extension.of_alternative(answer, alternative, settings)
    original = {**answer.order.original, "code": _code(answer.order, alternative.procedure)}
    return {
        "label": suggestion_label(alternative),
        "uuid": uuid,
        "actions": [
            {
                "type": "update",
                "description": words()["action"]["switch"].format(procedure=name),
                "resource": rating_extension.replaced(original, rating),
            }
        ],
    }


def system_action(answer: Answer, settings: Settings) -> dict[str, Any] | None:
    """Writes the rating on the order; `None` where there is no PAMA code to write."""
    rating = rating_extension.of_order(answer, settings)
    if not rating or answer.order.id is None:
        return None
    return {
        "type": "update",
        "description": words()["action"]["rate"],
        "resource": rating_extension.replaced(answer.order.original, rating),
    }


def _code(order: Resource, procedure: str) -> Mapping[str, Any]:
    """The procedure as a CodeableConcept, in the spelling of the code system that the order uses."""
    entry = catalogue()[procedure]
    sent = [coding.get("system") for coding in _sent_codings(order)]
    codings = [
        {
            "system": next((uri for uri in sent if uri and canonical_system(uri) == system), system),
            "code": code,
            "display": entry.name,
        }
        for system, code in entry.codes
        if system == CPT or any(uri and canonical_system(uri) == system for uri in sent)
    ]
    own = {"system": OWN_PROCEDURES, "code": entry.id, "display": entry.name}
    return {"coding": [*codings[:1], own], "text": entry.name}


def _sent_codings(order: Resource) -> list[dict[str, Any]]:
    code = order.original.get("code")
    codings = code.get("coding", []) if isinstance(code, dict) else []
    return [
        coding
        for coding in (codings if isinstance(codings, list) else [])
        if isinstance(coding, dict) and isinstance(coding.get("system"), str | None)
    ]

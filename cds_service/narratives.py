"""Narratives as plain records, and recommendations as plain answers: the JSON of `apposite recommend`.

A narrative is `{"id", "text", "age"?, "sex"?}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cds_service import protocol

if TYPE_CHECKING:
    from model.narrative.recommend import Recommendation


class NarrativeRecord(BaseModel):
    """One patient told in a line."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    id: Annotated[str, Field(min_length=1, max_length=256)] | int
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    age: Annotated[float, Field(ge=0, le=130)] | None = None
    sex: Literal["male", "female"] | None = None


def read_narrative(value: object) -> NarrativeRecord:
    """The narrative of a record.

    Raises:
        RequestError: An element breaks a rule.
    """
    return protocol.read(NarrativeRecord, value)


def answer(id_: str | int, found: Recommendation) -> dict[str, Any]:
    """The recommendation as the JSON object of one answer line."""
    return {
        "id": id_,
        "topic": found.topic.title if found.topic else None,
        "variant": found.variant.number if found.variant else None,
        "confidence": found.confidence,
        "candidates": [
            {
                "topic": each.topic.title,
                "variant": each.variant.number,
                "confidence": each.confidence,
            }
            for each in found.candidates
        ],
        "procedures": [
            {
                "procedure": rated.procedure_name,
                "rating": rated.rating.value,
                "radiation": rated.radiation.value if rated.radiation else None,
            }
            for rated in found.procedures
        ],
        "missing": list(found.missing),
    }

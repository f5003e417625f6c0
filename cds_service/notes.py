"""Notes as plain records, and their codes as plain answers: the JSON of `apposite code`.

A note is `{"id", "text", "language"?}`; an answer `{"id", "codes", "icd9", "context"}`, best first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cds_service import protocol
from terminology.icd9cm import icd9cm
from terminology.note import CodedNote, code_note
from terminology.systems import ICD_9_CM, ICD_10_CM

if TYPE_CHECKING:
    from terminology.finding_text import Mention
    from terminology.rerank import LanguageModel
    from terminology.retrieval import Retriever


class NoteRecord(BaseModel):
    """One note as it stands on a line; `language` is `en`, `it` or a longer tag."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    id: Annotated[str, Field(min_length=1)] | int
    text: Annotated[str, Field(max_length=1_000_000)]
    language: Annotated[str, Field(pattern="^(en|it)(-[A-Za-z0-9]+)*$")] | None = None


def code_record(
    value: object, retriever: Retriever, language_model: LanguageModel | None = None
) -> dict[str, Any]:
    """The answer to one note; without candidates where nothing answers. A model may choose among close ones.

    Raises:
        RequestError: An element breaks a rule.
    """
    record = protocol.read(NoteRecord, value)
    coded = code_note(record.text, retriever, language=record.language, language_model=language_model)
    return {"id": record.id, **coded_note(coded, record.text)}


def coded_note(coded: CodedNote, text: str) -> dict[str, Any]:
    """The members of an answer: candidates with calibrated confidence, crosswalk with flags, context."""
    return {
        "codes": [
            {
                "system": ICD_10_CM,
                "code": candidate.code,
                "display": candidate.title,
                "confidence": candidate.code_confidence,
                "category_confidence": candidate.category_confidence,
                "matched": candidate.matched_term,
            }
            for candidate in coded.codes
        ],
        "icd9": [
            {
                "system": ICD_9_CM,
                "code": target.code,
                "display": icd9cm().title(target.code or ""),
                "approximate": target.approximate,
                "combination": target.combination,
            }
            for target in coded.icd9
        ],
        "context": [_context(mention, text) for mention in coded.context],
    }


def _context(mention: Mention, text: str) -> dict[str, Any]:
    says = mention.assertion
    return {
        "text": text[mention.start : mention.end],
        "finding": mention.finding,
        "negated": says.negated,
        "uncertain": says.uncertain,
        "historical": says.historical,
        "family": says.family,
        "hypothetical": says.hypothetical,
    }

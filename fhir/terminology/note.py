"""A clinician's note, coded: ICD-10-CM candidates, ICD-9-CM equivalents, and the findings it speaks of.

A note that is itself a code is taken for that code; any other is searched for by `retrieval`, and where that
cannot tell, a language model may be asked (`rerank`), if one is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from terminology.finding_text import mentions
from terminology.icd9cm import icd9cm
from terminology.icd10cm import Standing, icd10cm
from terminology.rerank import reranked
from terminology.retrieval import Candidate

if TYPE_CHECKING:
    from terminology.finding_text import Mention
    from terminology.icd9cm import GemTarget
    from terminology.rerank import LanguageModel
    from terminology.retrieval import Retriever

CANDIDATES: Final = 5


@dataclass(frozen=True, slots=True)
class CodedNote:
    """The candidates best first (at most five), the crosswalk of the best, and the findings mentioned."""

    codes: tuple[Candidate, ...]
    icd9: tuple[GemTarget, ...]
    context: tuple[Mention, ...]


def code_note(
    text: str,
    retriever: Retriever,
    *,
    language: str | None = None,
    language_model: LanguageModel | None = None,
) -> CodedNote:
    """The codes of a note; none where nothing answers. A language model may choose among close ones."""
    codes = _written_code(text) or retriever.search(text, limit=CANDIDATES, language=language)
    if language_model is not None:
        codes = reranked(text, codes, language_model, language=language)
    targets = icd9cm().from_icd10cm(codes[0].code) if codes else ()
    return CodedNote(codes, tuple(target for target in targets if target.code), mentions(text))


def _written_code(text: str) -> tuple[Candidate, ...]:
    found = icd10cm().get(text)
    if found is None or found.standing is Standing.ANCESTOR:
        return ()
    return (Candidate(found.code, found.title, 0.0, 1.0, 1.0, found.code),)

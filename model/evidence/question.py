"""The question that evidence is looked for with, made from a de-identified case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model.evidence.paper import EvidenceQuestion
from model.evidence.query_words import is_subject
from terminology.findings import plain_icd, vocabulary
from terminology.icd10cm import icd10cm

if TYPE_CHECKING:
    from model.case import ImagingCase
    from terminology.icd10cm import Icd10cmCode

MOST_NAMES: Final = 6
_CATEGORY: Final = 3


def question_of(case: ImagingCase, procedure: str) -> EvidenceQuestion | None:
    """The question of the case's first legible indication; `None` where no words of ours name it.

    Of several findings the most specific is taken that papers are about: hematuria, not its risk factor. It
    gives its name, its phrases and its broader findings, and the code's own words are further names. A code
    whose findings say less than its title gives its title and the category above it. Where there is neither
    code nor finding, the clinical words of the order do.
    """
    for indication in case.indications:
        code = icd10cm().get(indication.icd10cm) if indication.icd10cm else None
        stated = [each for each in indication.findings if each in case.indicated]
        subjects = [each for each in stated if is_subject(each) and not _vague(each, code)]
        if subjects or (stated and code is None):
            return _of_finding(max(subjects or stated, key=_depth), code, procedure)
        if code is not None:
            category = icd10cm().title(code.category)
            related = (category,) if category and category != code.title else ()
            return EvidenceQuestion(code.title, procedure, code.inclusion_terms[:MOST_NAMES], related)
    return EvidenceQuestion(case.spans[0], procedure) if case.spans else None


def _of_finding(finding: str, code: Icd10cmCode | None, procedure: str) -> EvidenceQuestion:
    known = vocabulary()
    coded = (code.title, *code.inclusion_terms[: MOST_NAMES // 2]) if code is not None else ()
    broader = sorted(known.ancestors[finding] - {finding})
    return EvidenceQuestion(
        known[finding].name,
        procedure,
        tuple(dict.fromkeys((*coded, *known[finding].phrases)))[:MOST_NAMES],
        tuple(known[each].name for each in broader)[:MOST_NAMES],
    )


def _depth(finding: str) -> int:
    return len(vocabulary().ancestors[finding])


def _vague(finding: str, code: Icd10cmCode | None) -> bool:
    """Whether the finding stands for a chapter of codes that this is one of: cancer, for a kidney's."""
    if code is None:
        return False
    plain = plain_icd(code.code)
    prefixes = [each for each in map(plain_icd, vocabulary()[finding].icd10cm) if plain.startswith(each)]
    return any(len(each) < _CATEGORY for each in prefixes)

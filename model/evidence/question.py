"""The question that evidence is looked for with, made from a de-identified case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model.evidence.paper import EvidenceQuestion
from model.evidence.query import in_literature
from terminology.findings import vocabulary
from terminology.icd10cm import icd10cm

if TYPE_CHECKING:
    from model.case import ImagingCase

MOST_NAMES: Final = 6


def question_of(case: ImagingCase, procedure: str) -> EvidenceQuestion | None:
    """The question of the case's first legible indication; `None` where no words of ours name it.

    Of several findings the most specific is taken that papers are about: hematuria, not its risk factor. It
    gives its name, its phrases and its broader findings; a code without a finding its title and the category
    above it; failing both, the clinical words of the order.
    """
    known = vocabulary()
    for indication in case.indications:
        present = [each for each in indication.findings if each in case.indicated]
        if present:
            finding = max(
                present, key=lambda each: (in_literature(known[each].name), len(known.ancestors[each]))
            )
            broader = sorted(known.ancestors[finding] - {finding})
            return EvidenceQuestion(
                known[finding].name,
                procedure,
                known[finding].phrases[:MOST_NAMES],
                tuple(known[each].name for each in broader)[:MOST_NAMES],
            )
        code = icd10cm().get(indication.icd10cm) if indication.icd10cm else None
        if code is not None:
            category = icd10cm().title(code.category)
            related = (category,) if category and category != code.title else ()
            return EvidenceQuestion(code.title, procedure, code.inclusion_terms[:MOST_NAMES], related)
    return EvidenceQuestion(case.spans[0], procedure) if case.spans else None

"""What a screening study is for, where the order's reason says nothing against it.

The code or the name of such a study tells its purpose: a screening mammogram is for screening. That counts
only where the reason leads to no guideline and nothing in it was left unread, so that a lump which nobody
understood is not rated as a screening.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from model.facts import Fact, Origin, close
from terminology.ambiguous import screened_for
from terminology.findings import vocabulary

if TYPE_CHECKING:
    from model.case import ImagingCase, Indication

_CIRCUMSTANCE: Final = "Z"
"""The chapter of ICD-10-CM that tells circumstances and no disease."""


def for_screening(case: ImagingCase) -> ImagingCase | None:
    """The case with what its study screens for as its reason; `None` where that may not be its reason."""
    purpose = screened_for(case.procedures)
    if purpose is None or not all(map(_tells_no_disease, case.indications)):
        return None
    stated = (*case.facts.stated, Fact(purpose, "present", Origin.ORDER))
    return replace(
        case,
        indicated=case.indicated | {purpose} | vocabulary().ancestors[purpose],
        inferred=False,
        facts=close(stated, vocabulary(), case.sex),
    )


def _tells_no_disease(indication: Indication) -> bool:
    """Whether the reason was read, or is a code of a circumstance such as an examination."""
    if indication.findings:
        return True
    return indication.icd10cm is not None and indication.icd10cm.startswith(_CIRCUMSTANCE)

"""What makes a study risky for this patient: told beside the rating, in the words of `safety.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.case import ImagingCase
    from terminology.procedures import Procedure

WORDS: Final = Path(__file__).with_name("safety.yaml")
_MAGNETIC: Final = frozenset({Modality.MR, Modality.MRA, Modality.MRV, Modality.PET_MR})


def safety_lines(case: ImagingCase, procedure: str) -> tuple[str, ...]:
    """One line for each known fact that makes the procedure risky; an unknown fact makes none."""
    entry = catalogue()[procedure]
    return (*(_table()["words"][kind] for kind in _risks(case, entry)), *_repeated(case, entry))


def _risks(case: ImagingCase, procedure: Procedure) -> Iterator[str]:
    known = case.facts.present
    if "pregnancy" in known and procedure.ionising:
        yield "pregnancy"
    if "iodinated-contrast-allergy" in known and procedure.iodinated_contrast:
        yield "iodinated-contrast-allergy"
    if "gadolinium-allergy" in known and procedure.gadolinium:
        yield "gadolinium-allergy"
    if "severe-renal-impairment" in known and (procedure.iodinated_contrast or procedure.gadolinium):
        yield "renal-impairment"
    if "mri-unsafe-implant" in known and procedure.modality in _MAGNETIC:
        yield "mri-unsafe-implant"


def _repeated(case: ImagingCase, procedure: Procedure) -> Iterator[str]:
    """The newest study of the same modality and a region of the same, if it is recent."""
    days = [
        study.days_ago
        for study in case.prior_studies or ()
        if study.modality is procedure.modality
        and study.days_ago is not None
        and not set(study.regions).isdisjoint(procedure.regions)
    ]
    if days and min(days) <= _table()["windows"].get(procedure.modality.value, 0):
        words = _table()["words"]
        yield words["repeated"].format(days=min(days)) if min(days) else words["repeated-today"]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return table

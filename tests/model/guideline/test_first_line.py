"""An order for a first-line study, where nobody knows of earlier imaging."""

from __future__ import annotations

import pytest

from model.case import ImagingCase, PriorStudy
from model.guideline.conditions import NO_ANSWERS, read_condition
from terminology.procedures import Modality

WHEN = {"prior_imaging": {"modalities": ["xr"], "regions": ["hip"]}}


@pytest.mark.parametrize(
    ("ordered", "studies", "expected"),
    [
        (("xr-hip",), None, False),
        (("mr-hip-wo",), None, None),
        (("xr-hip", "mr-hip-wo"), None, None),
        (("xr-hip",), (PriorStudy(Modality.XR, ("hip",), 3),), True),
    ],
)
def test_radiograph_is_taken_to_be_the_first(ordered, studies, expected) -> None:
    """Ordering a radiograph says that there was none, unless one is known; ordering MRI says nothing."""
    case = ImagingCase(ordered, prior_studies=studies, history_complete=False)
    assert read_condition(WHEN).holds(case, NO_ANSWERS) is expected


def test_second_line_study_is_never_taken_to_be_the_first() -> None:
    """Ordering CT does not say that no CT was done."""
    when = {"prior_imaging": {"modalities": ["ct"]}}
    assert read_condition(when).holds(ImagingCase(("ct-hip-wo",)), NO_ANSWERS) is None

"""The number of patients or examinations that a text says were studied."""

from __future__ import annotations

import pytest

from model.evidence.sample import sample_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("We enrolled 1,208 consecutive patients.", 1208),
        ("Forty-two patients were scanned.", 42),
        ("One hundred children were seen.", 100),
        ("One hundred and sixty patients were seen.", 160),
        ("Twelve hundred patients were seen.", 1200),
        ("Controls (n = 57) had none.", 57),
        ("In 2012 patients were discharged.", None),
        ("Attenuation was 88 HU in cases.", None),
        ("Adults aged 65 years.", None),
        ("Eleven studies with 513 patients were included.", 513),
        ("Disease in 12% of patients.", None),
        ("Nothing is counted.", None),
    ],
)
def test_what_counts_as_a_sample(text: str, size: int | None) -> None:
    """Counts of people and examinations are read; years, ages, doses and percentages are not."""
    assert sample_size(text) == size

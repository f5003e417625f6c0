"""Which modalities a text names."""

import pytest

from model.evidence.modalities import modalities_named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("MRI and CT of the knee", {"mr", "ct"}),
        ("MR imaging", {"mr"}),
        ("CT angiography", {"cta"}),
        ("CT-angiography or sonographic findings", {"cta", "us"}),
        ("FDG PET/CT", {"pet"}),
        ("US was followed by radiographs", {"us", "xr"}),
        ("US adults; a survey in the US; US Preventive Services", set()),
        ("severe MR after valve repair", set()),
        ("Mr Pet, in fact, focused on us", set()),
        ("mammograms and tomosynthesis", {"mg", "dbt"}),
        ("", set()),
    ],
)
def test_modalities_named(text, named):
    """A modality is named by a word of its own, an abbreviation by its capitals, and the longest name counts."""
    assert modalities_named(text) == named

"""How many patients a text counts."""

import pytest

from model.evidence.sample import sample_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("412 patients were enrolled", 412),
        ("1,204 consecutive adult patients", 1204),
        ("48 patients and 208 controls, n = 256", 256),
        ("forty-two participants", 42),
        ("One hundred and twelve patients", 112),
        ("two hundred women", 200),
        ("three hundred and six examinations", 306),
        ("two hundred thousand patients", None),
        ("In 2014 patients were imaged", None),
        ("Between 2004 and 2014 scans were reviewed", None),
        ("81% of patients", None),
        ("a dose of 1,200 mGy", None),
        ("17 studies with 2,410 patients", 2410),
        ("17 studies", 17),
        ("aged 65 years, patients had CT", None),
        ("a patient", None),
        ("", None),
    ],
)
def test_sample_size(text, size):
    """The greatest number of patients or examinations counts; years, shares and doses do not."""
    assert sample_size(text) == size

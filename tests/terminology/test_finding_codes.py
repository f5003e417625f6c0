"""Codes in findings files that cannot be right are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminology.finding_codes import code_problems, is_snomed_id
from terminology.findings import FINDINGS, FindingsError, load

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
findings:
  - id: back-pain
    name: back pain
    question: Does the patient have back pain?
    icd10cm: [M54.5, M54, M]
    snomed: [279039007]
    absent: {icd10cm: [Z32.02], snomed: [25064002]}
"""


def problems(text: str) -> list[str]:
    return list(code_problems(text, "f.yaml"))


def test_good_codes_have_no_problem() -> None:
    """A billable code, a category, a letter and a SNOMED CT id are all good."""
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("M54.5", "M54.7", "f.yaml:5: finding back-pain: ICD-10-CM M54.7 begins no code"),
        ("M54,", "U99,", "f.yaml:5: finding back-pain: ICD-10-CM U99 begins no code"),
        (" M]", " m54]", "f.yaml:5: finding back-pain: ICD-10-CM m54 begins no code"),
        ("M54.5", "M5.45", "f.yaml:5: finding back-pain: ICD-10-CM M5.45 begins no code"),
        (
            "279039007",
            "279039008",
            "f.yaml:6: finding back-pain: SNOMED CT 279039008 has a wrong check digit",
        ),
        (
            "279039007",
            "279309007",
            "f.yaml:6: finding back-pain: SNOMED CT 279309007 has a wrong check digit",
        ),
        (
            "25064002",
            "25064",
            "f.yaml:7: finding back-pain: SNOMED CT 25064 has a wrong check digit or shape",
        ),
        ("Z32.02", "Z32.03", "f.yaml:7: finding back-pain: ICD-10-CM Z32.03 begins no code"),
    ],
)
def test_wrong_code_is_told_with_line_and_rule(old: str, new: str, expected: str) -> None:
    """One wrong character gives one problem at its line."""
    (found,) = problems(GOOD.replace(old, new))
    assert found.startswith(expected)


def test_file_with_a_wrong_code_is_refused(tmp_path: Path) -> None:
    """The vocabulary is whole or not at all."""
    path = tmp_path / "f.yaml"
    path.write_text(GOOD.replace("279039007", "279039008"), encoding="utf-8")
    with pytest.raises(FindingsError, match=r"f\.yaml:6"):
        load([path])


@pytest.mark.parametrize("place", range(8))
def test_every_digit_is_checked(place: int) -> None:
    """Whichever digit is wrong, the id is none."""
    for digit in set("0123456789") - {"73211009"[place]}:
        assert not is_snomed_id("73211009"[:place] + digit + "73211009"[place + 1 :])
    assert is_snomed_id("73211009")


def test_bundled_codes_are_right() -> None:
    """No bundled findings file has a code that cannot be one."""
    found = [
        problem for path in FINDINGS.glob("*.yaml") for problem in code_problems(path.read_text(), path.name)
    ]
    assert found == []

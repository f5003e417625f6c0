"""The vocabulary of findings: its files, its codes and its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminology.findings import FindingsError, load, vocabulary

if TYPE_CHECKING:
    from pathlib import Path


def one(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "findings.yaml"
    path.write_text(f"findings:\n{text}", encoding="utf-8")
    return path


GOOD = "  - {id: a, name: a finding, question: 'Is it?', icd10cm: [M54.5]}\n"


def test_code_states_every_finding_of_its_prefixes() -> None:
    """A longer code states what its stems state, with or without dot."""
    for code in ("G43.009", "g43009", "G43"):
        assert {finding for finding, _ in vocabulary().of_icd10cm(code)} >= {"migraine", "headache"}
    assert vocabulary().of_icd10cm("ZZZ") == ()


def test_code_can_state_an_absence() -> None:
    """A negative pregnancy test is the absence of pregnancy."""
    assert ("pregnancy", "absent") in vocabulary().of_icd10cm("Z32.02")


def test_broader_findings_follow() -> None:
    """Papilledema is a sign of raised pressure, and that a red flag."""
    assert {"intracranial-hypertension-features", "red-flag"} <= vocabulary().ancestors["papilledema"]
    assert "papilledema" in vocabulary().descendants["red-flag"]


def test_exclusion_counts_both_ways() -> None:
    """What was written once holds from either side."""
    assert "chronic" in vocabulary().excluded["acute"]
    assert "acute" in vocabulary().excluded["chronic"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (GOOD + GOOD, "defined twice"),
        (GOOD.replace("name: a finding, ", ""), "name"),
        (GOOD.replace("icd10cm", "icd11"), "icd11"),
        (GOOD.replace("icd10cm: [M54.5]", "implies: [b]"), "b, which is not defined"),
        (GOOD.replace("icd10cm: [M54.5]", "family: b"), "b, which is not defined"),
    ],
)
def test_broken_file_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    """The error names the finding and the rule."""
    with pytest.raises(FindingsError, match=rule):
        load([one(tmp_path, text)])


def test_every_finding_can_be_asked_for() -> None:
    """Each has a name and a question of its own."""
    for finding in vocabulary():
        assert finding.name
        assert finding.question.endswith("?")

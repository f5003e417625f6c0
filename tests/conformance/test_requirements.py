"""The list of requirements and the checks name the same things."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.conformance.test_response import VECTORS

ROOT = Path(__file__).parents[2]
ROWS = list(
    csv.DictReader((ROOT / "conformance" / "requirements.csv").read_text(encoding="utf-8").splitlines())
)
CHECKS = ("response.check_response", "response.check_http", "response.check_discovery")


def in_code() -> set[str]:
    """The ids that the checks can report."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "conformance").glob("*.py"))
    return set(re.findall(r'Broken\("([A-Z]+-\d+)"', sources))


def test_every_id_of_a_check_is_listed() -> None:
    """A finding's id can be looked up."""
    listed = [row["id"] for row in ROWS]
    assert in_code() <= set(listed)
    assert len(listed) == len(set(listed))


def test_every_requirement_is_checked_or_says_why_not() -> None:
    """A requirement names its check, or a file of tests that is there, or why it is not tested."""
    for row in ROWS:
        if row["checked_by"].startswith("not tested, because "):
            continue
        for place in row["checked_by"].split(" (")[0].split("; "):
            assert place in CHECKS or (ROOT / place).is_file(), row["id"]


def test_every_requirement_that_a_check_finds_has_a_broken_vector() -> None:
    """No check of an answer or of discovery is without a message that it finds fault with."""
    shown = {flaw["requirement"] for flaw in VECTORS["broken"] + VECTORS["broken_discovery"]}
    assert in_code() - {"HTTP-1", "JSON-1"} == shown

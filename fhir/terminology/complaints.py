"""Which findings are what an order may be for: complaints, and events such as an injury.

A finding is one if its name has a word of that kind in `complaint_words.csv`.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

from terminology.findings import vocabulary


def complaints() -> frozenset[str]:
    """The ids of all findings that a patient comes with: pains, coughs, lumps."""
    return _named("complaint")


def events() -> frozenset[str]:
    """The ids of all findings that something has happened to the patient: injuries."""
    return _named("event")


@cache
def reasons() -> frozenset[str]:
    """The ids of all findings of either kind: what an order may be for."""
    return complaints() | events()


@cache
def _named(kind: str) -> frozenset[str]:
    text = (files("terminology") / "complaint_words.csv").read_text(encoding="utf-8")
    words = (row["word"] for row in csv.DictReader(text.splitlines()) if row["kind"] == kind)
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
    return frozenset(finding.id for finding in vocabulary() if pattern.search(finding.name))

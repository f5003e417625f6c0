"""Which findings are complaints: what a patient comes with, and so what an order may be for.

A finding is one if its name has a word of `complaint_words.txt`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from terminology.findings import vocabulary


@cache
def complaints() -> frozenset[str]:
    """The ids of all findings that are complaints."""
    words = (files("terminology") / "complaint_words.txt").read_text(encoding="utf-8").split()
    named = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
    return frozenset(finding.id for finding in vocabulary() if named.search(finding.name))

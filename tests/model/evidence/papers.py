"""Invented papers for the tests of what weighs and orders them, and those of the vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.evidence.paper import Paper, Section

LEVELS = Path(__file__).parents[2] / "vectors" / "evidence-levels.json"
THIS_YEAR = 2026


def paper(title: str = "", *sections: str | tuple[str, str], **members: Any) -> Paper:
    """A paper of a title and sections, each a text or a label with a text."""
    abstract = tuple(Section(None, each) if isinstance(each, str) else Section(*each) for each in sections)
    return Paper(**{"pmid": "1", "doi": None, "title": title, "abstract": abstract, **members})


def vectors(name: str) -> tuple[tuple[dict[str, Any], Paper], ...]:
    """The records of one set of the vectors, each with its paper."""
    records = json.loads(LEVELS.read_text(encoding="utf-8"))[name]
    return tuple((each, _paper_of(each["paper"])) for each in records)


def _paper_of(record: dict[str, Any]) -> Paper:
    return paper(
        record["title"],
        *((label, text) if label else text for label, text in record["abstract"]),
        year=record["year"],
        publication_types=tuple(record["types"]),
        mesh=tuple(record.get("mesh", ())),
        language=record.get("language"),
    )

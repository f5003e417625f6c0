"""Invented papers with the levels of an invented site, which sees some designs otherwise than the rules do."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from model.evidence.paper import EvidenceLevel
from model.evidence.weigh import features_of
from tests.model.evidence.papers import vectors
from training.evidence_labels import Labelled

if TYPE_CHECKING:
    from pathlib import Path

OF_DESIGN = {"case-series": 2, "narrative-review": 2, "prospective": 3, "guideline": 4}


def labelled() -> tuple[Labelled, ...]:
    """The papers of the vectors: 150, at least ten of each level."""
    found = []
    for record, paper in (*vectors("view"), *vectors("aside")):
        level = OF_DESIGN.get(record["design"], record["level"])
        if record["design"] == "retrospective":
            level = 3 if features_of(paper).comparator else 2
        found.append(Labelled(paper, EvidenceLevel(level)))
    return tuple(found)


def write_csv(path: Path, given: tuple[Labelled, ...]) -> Path:
    """The labels as a site's spreadsheet has them: an abstract is one text, its labels in capitals."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Level", "Title", "Abstract", "Year", "Publication_Types", "MeSH", "Notes"])
        for each in given:
            paper = each.paper
            abstract = " ".join(
                f"{part.label}: {part.text}" if part.label else part.text for part in paper.abstract
            )
            types, mesh = "|".join(paper.publication_types), "|".join(paper.mesh)
            writer.writerow([int(each.level), paper.title, abstract, paper.year, types, mesh, "n/a"])
    return path


def write_json(path: Path, given: tuple[Labelled, ...]) -> Path:
    """The labels as JSON lines."""
    records = [
        {
            "level": int(each.level),
            "title": each.paper.title,
            "abstract": [{"label": part.label, "text": part.text} for part in each.paper.abstract],
            "year": each.paper.year,
            "publication_types": list(each.paper.publication_types),
            "mesh": list(each.paper.mesh),
        }
        for each in given
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path

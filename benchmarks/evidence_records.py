"""A store of 2,000 invented papers of which it is known what they bear on, and forty questions.

Each question has fifty records: papers on it, in words that the question lists and in some that it does not;
papers on the condition alone, on the study alone, or naming the condition in passing; words that only look
like a modality; papers that were retracted; and second records of papers.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from model.evidence.paper import EvidenceLevel, EvidenceQuestion, Paper, Section
from terminology.procedures import catalogue

QUESTIONS: Final = Path(__file__).with_name("evidence_questions.csv")
_MODALITIES: Final = {
    "ct": ("CT", "computed tomography", "CT scanning", "multidetector CT"),
    "cta": ("CT angiography", "CTA", "computed tomographic angiography", "CT"),
    "mr": ("MRI", "magnetic resonance imaging", "MR imaging", "MR examinations"),
    "us": ("ultrasound", "sonography", "ultrasonography", "sonographic examination"),
    "xr": ("radiography", "radiographs", "plain films", "x-ray examination"),
}
_DESIGNS: Final = (
    (4, "We randomly assigned {n} adults to two ways of care.", "Randomized Controlled Trial"),
    (4, "We searched MEDLINE and Embase; {n} patients were pooled in a meta-analysis.", "Systematic Review"),
    (4, "Prospectively, {n} patients were compared with surgical findings as reference standard.", ""),
    (3, "We prospectively enrolled {n} outpatients and followed them for a year.", ""),
    (3, "A panel of experts developed recommendations after three rounds of voting.", "Practice Guideline"),
    (2, "The charts of {n} patients were retrospectively reviewed.", ""),
    (2, "A cross-sectional survey of {n} participants was done.", ""),
    (1, "This article reviews current concepts and shows typical findings.", "Review"),
)
_TITLES: Final = (
    "{modality} in {condition}",
    "{condition}: what does {modality} add?",
    "Value of {modality} for suspected {condition} in daily practice",
    "Managing adults with {condition}",
    "Choosing a first test: {modality} or waiting",
)
_RESULT: Final = "Sensitivity was 9{a}% (95% CI 8{b} to 98) and specificity 8{a}%."


@dataclass(frozen=True, slots=True)
class Known:
    """A question with the identifiers of its relevant papers and the level that each was written with."""

    question: EvidenceQuestion
    relevant: dict[str, EvidenceLevel]


def constructed(seed: int = 7) -> tuple[tuple[Paper, ...], tuple[Known, ...]]:
    """The papers of the store, shuffled, and the questions; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret, a repeatable draw
    rows = list(csv.DictReader(QUESTIONS.read_text(encoding="utf-8").splitlines()))
    papers: list[Paper] = []
    known = []
    for place, row in enumerate(rows):
        other = rows[(place + 17) % len(rows)]
        written = _on_topic(chance, row)
        relevant = {str(len(papers) + at): level for at, (_, level) in enumerate(written)}
        made = [paper for paper, _ in written] + _distractors(chance, row, other)
        papers += [replace(paper, pmid=str(len(papers) + at)) for at, paper in enumerate(made)]
        papers += _twins(chance, papers[-len(made) :])
        known.append(Known(EvidenceQuestion(row["condition"], row["procedure"], (row["synonym"],)), relevant))
    chance.shuffle(papers)
    return tuple(papers), tuple(known)


def _on_topic(chance: random.Random, row: dict[str, str]) -> list[tuple[Paper, EvidenceLevel]]:
    """Sixteen relevant papers, two of each design; one in eight in words that the question does not list."""
    found = []
    for at, design in enumerate((*_DESIGNS, *_DESIGNS)):
        listed = chance.choice([row["condition"], row["synonym"]])
        words = row["unlisted"] if chance.random() < 1 / 8 else listed
        paper = _paper(chance, words, chance.choice(_words_of(row)), chance.choice(_TITLES), design)
        doi = f"10.5555/{row['procedure']}.{row['condition']}.{at}"
        found.append((replace(paper, doi=doi), EvidenceLevel(design[0])))
    return found


def _distractors(chance: random.Random, row: dict[str, str], other: dict[str, str]) -> list[Paper]:
    """Thirty-one papers that bear on something else, or were withdrawn."""

    def about(condition: str, modality: str, title: str = _TITLES[0]) -> Paper:
        return _paper(chance, condition, modality, title, chance.choice(_DESIGNS))

    own, modality = row["condition"], _words_of(row)
    passing = [about(other["condition"], modality[0]) for _ in range(4)]
    return [
        *(about(own, "drug treatment", chance.choice(_TITLES)) for _ in range(12)),
        *(about(other["condition"], chance.choice(modality), chance.choice(_TITLES)) for _ in range(8)),
        *(about(own, chance.choice(("a focus on us", "the fact of", "Mr Pet and"))) for _ in range(4)),
        *(_with(each, f"Patients with {own} were excluded.") for each in passing),
        *(replace(about(own, modality[0]), retracted=True) for _ in range(3)),
    ]


def _twins(chance: random.Random, papers: list[Paper]) -> list[Paper]:
    """Three second records, as of a preprint, of relevant papers."""
    chosen = chance.sample(papers[:16], 3)
    return [
        replace(each, pmid=None, doi=f"https://doi.org/{each.doi}", publication_types=()) for each in chosen
    ]


def _paper(
    chance: random.Random, condition: str, modality: str, title: str, design: tuple[int, str, str]
) -> Paper:
    _, methods, kind = design
    said = f"{condition} is a frequent reason to ask for {modality}."
    parts = (
        said[0].upper() + said[1:],
        methods.format(n=chance.randint(110, 900)),
        _RESULT.format(a=chance.randint(0, 7), b=chance.randint(0, 9)),
        chance.choice(("Practice should follow.", "Care may change.", "The yield was modest.")),
    )
    labels = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSION") if chance.random() < 1 / 2 else (None,) * 4
    written = title.format(condition=condition, modality=modality)
    return Paper(
        None,
        None,
        f"{written[0].upper()}{written[1:]} ({chance.randint(1, 10**6)})",
        tuple(map(Section, labels, parts)),
        year=chance.randint(2008, 2025),
        publication_types=(kind,) if kind else (),
    )


def _with(paper: Paper, sentence: str) -> Paper:
    return replace(paper, abstract=(*paper.abstract, Section(None, sentence)))


def _words_of(row: dict[str, str]) -> tuple[str, ...]:
    return _MODALITIES[catalogue()[row["procedure"]].modality.value]

"""Two thousand papers that nobody wrote, fifty for each of forty questions, and which of them bear on it.

A question is asked in the words of our findings vocabulary (`evidence_topics.csv` names the finding and the
procedure); papers use the words of the table's other columns, of which some are in no vocabulary of ours. No
paper has MeSH headings, which would help. The sentences stand in `evidence_templates.yaml`.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from model.evidence.paper import EvidenceQuestion, Paper, Section
from model.evidence.question import MOST_NAMES
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEED: Final = 2026
HIGH: Final = 3
_HERE: Final = Path(__file__).parent
_ROLES: Final = {
    "relevant": 14,
    "other-procedure": 10,
    "other-condition": 10,
    "treatment": 8,
    "passing": 6,
    "retracted": 1,
    "twin": 1,
}
"""Papers for each question by what they are to it; only the relevant ones bear on it."""
_TITLES: Final = ("both",) * 8 + ("condition",) * 4 + ("study",) * 3 + ("vague",) * 5
"""What the titles of relevant papers name, as often as it stands here."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A question, and the names that papers use for its condition and its procedure."""

    question: EvidenceQuestion
    finding: str
    modality: Modality
    written: tuple[str, ...]
    study: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A paper with the number of the question that it was made for, what it is to it, and its level."""

    paper: Paper
    topic: int
    role: str
    level: int


def topics() -> tuple[Topic, ...]:
    """The forty questions, as the service would ask them."""
    text = (_HERE / "evidence_topics.csv").read_text(encoding="utf-8")
    return tuple(map(_topic, csv.DictReader(text.splitlines())))


def papers() -> tuple[Made, ...]:
    """The papers in a random order, always the same."""
    chance = random.Random(SEED)  # noqa: S311 - repeatable, and nothing secret
    templates = yaml.safe_load((_HERE / "evidence_templates.yaml").read_text(encoding="utf-8"))
    known = topics()
    made: list[Made] = []
    for number in range(len(known)):
        made += _for_topic(known, number, templates, chance)
    numbered = [
        each if each.role == "twin" else replace(each, paper=replace(each.paper, pmid=str(10_000 + place)))
        for place, each in enumerate(made)
    ]
    chance.shuffle(numbered)
    return tuple(numbered)


def _topic(row: Mapping[str, str]) -> Topic:
    known = vocabulary()
    finding = known[row["finding"]]
    broader = sorted(known.ancestors[finding.id] - {finding.id})
    question = EvidenceQuestion(
        finding.name,
        row["procedure"],
        finding.phrases[:MOST_NAMES],
        tuple(known[each].name for each in broader)[:MOST_NAMES],
    )
    written, study = (tuple(row[name].split(";")) for name in ("written", "study"))
    return Topic(question, finding.id, catalogue()[row["procedure"]].modality, written, study)


def _for_topic(
    known: tuple[Topic, ...], number: int, templates: Mapping[str, Any], chance: random.Random
) -> Iterator[Made]:
    topic = known[number]
    taken = {each.modality.value[:2] for each in known if each.finding == topic.finding}
    others = [each for each in known if each.modality.value[:2] not in taken]
    last: Made | None = None
    for role, count in _ROLES.items():
        for place in range(1, count + 1):
            if role == "twin" and last is not None:
                yield replace(last, role=role)
                continue
            study = chance.choice(chance.choice(others).study if role == "other-procedure" else topic.study)
            condition = chance.choice(templates["elsewhere"] if role == "other-condition" else topic.written)
            design = chance.choice(templates["designs"])
            paper = _paper(role, (condition, study), design=design, templates=templates, chance=chance)
            made = Made(paper, number, role, design["level"])
            if role == "relevant" and place == count:  # the twin has no PMID, and the DOI in other letters
                last = replace(made, paper=replace(paper, doi=f"10.5555/made.{number}"))
                made = replace(made, paper=replace(paper, doi=f"https://doi.org/10.5555/MADE.{number}"))
            yield made


def _paper(
    role: str,
    named: tuple[str, str],
    *,
    design: Mapping[str, Any],
    templates: Mapping[str, Any],
    chance: random.Random,
) -> Paper:
    """A paper of one role; what is in passing has the other condition in its title."""
    condition, study = named
    elsewhere = chance.choice(templates["elsewhere"])
    kind = {"treatment": "condition", "passing": "study"}.get(role) or chance.choice(_TITLES)
    methods = design["methods"]
    if role in {"treatment", "passing"}:
        methods = chance.choice(templates["treatments" if role == "treatment" else "passing"])
    background = [] if role == "passing" else [chance.choice(templates["background"])]
    values = {
        "c": condition,
        "s": study,
        "x": elsewhere,
        "C": condition[0].upper() + condition[1:],
        "S": study[0].upper() + study[1:],
        "n": f"{chance.randint(310, 4_000):,}",
        "small": chance.randint(32, 95),
        "k": chance.randint(4, 30),
        "p": chance.randint(55, 97),
        "q": chance.randint(55, 97),
    }
    told = [
        *(("BACKGROUND", each) for each in background),
        ("METHODS", methods),
        ("RESULTS", chance.choice(templates["results"])),
        ("CONCLUSION", chance.choice(templates["conclusions"])),
    ]
    sections = tuple(Section(label, text.format(**values)) for label, text in told)
    if chance.random() < 1 / 3:
        sections = (Section(None, " ".join(each.text for each in sections)),)
    return Paper(
        pmid=None,
        doi=None,
        title=chance.choice(templates["titles"][kind]).format(**values),
        abstract=sections,
        year=chance.randint(2013, 2026),
        publication_types=tuple(design["types"])
        if role not in {"treatment", "passing"}
        else ("Journal Article",),
        language="eng",
        retracted=role == "retracted",
    )

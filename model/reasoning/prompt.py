"""The prompts, made from plain facts and numbered passages; the words are `prompts/*.md`.

A `Question` is all that a prompt is made of, in serving and in training alike: what is trained is what is
asked. Nothing that a sender named enters one: findings, diagnoses and procedures have the names of our own
tables, and of what was written only the case's spans are here. Passages stand between marks, and marks inside
them are undone. A line of a template whose place stays empty is left out: what is not said is unknown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from model.reasoning.answer import LABELS
from model.reasoning.language_model import Prompt
from terminology.findings import vocabulary
from terminology.icd10cm import titles
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from model.assessment import Rating
    from model.case import ImagingCase, Sex
    from model.evidence.paper import Evidence

PASSAGE_AT_MOST: Final = 1_000
"""Characters of one paper's passages."""
PAPERS_AT_MOST: Final = 6

_MARKS: Final = re.compile(r"<{2,}|>{2,}")


@dataclass(frozen=True, slots=True)
class Question:
    """A study and what is known of the patient: names of our tables, allow-listed words, an age in years.

    `passages` are what may be cited, the first of them as `[1]`.
    """

    procedure: str
    age: int | None = None
    sex: Sex | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


def question_of(case: ImagingCase, procedure: str, passages: Sequence[str] = ()) -> Question:
    """What is asked about a catalogue's procedure for a case."""
    stated = {fact.finding for fact in case.facts.stated}
    return Question(
        catalogue()[procedure].name,
        case.age.years if case.age else None,
        case.sex,
        _names(stated & case.facts.present),
        _names(stated & case.facts.absent),
        tuple(titles(each.icd10cm for each in case.indications)),
        case.spans,
        tuple(passages),
    )


def asked(question: Question, rating: Rating | None = None) -> Prompt:
    """Asks for a rating; with `rating`, a guideline's, asks to explain that one."""
    name = "rate" if rating is None else "explain"
    places = {
        "procedure": question.procedure,
        "age": "" if question.age is None else str(question.age),
        "sex": question.sex or "",
        "present": "; ".join(question.present),
        "absent": "; ".join(question.absent),
        "diagnoses": "; ".join(question.diagnoses),
        "spans": "; ".join(question.spans),
        "passages": "\n".join(_passage(at, text) for at, text in enumerate(question.passages, 1)),
        "rating": "" if rating is None else LABELS[rating],
    }
    user, study = (_filled(part, places) for part in _file(name).split("\n\n"))
    return Prompt(_file("system"), user, _digest(name), study)


def prompt_digests() -> tuple[str, str]:
    """The digests that the prompts of `rate_prompt` and of `explain_prompt` carry."""
    return _digest("rate"), _digest("explain")


def rate_prompt(case: ImagingCase, procedure: str, evidence: Sequence[Evidence]) -> Prompt:
    """Asks for a rating where no guideline gives one."""
    return asked(question_of(case, procedure, _texts(evidence)))


def explain_prompt(case: ImagingCase, procedure: str, rating: Rating, evidence: Sequence[Evidence]) -> Prompt:
    """Asks to explain a guideline's rating."""
    return asked(question_of(case, procedure, _texts(evidence)), rating)


def _texts(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    return tuple(
        " ".join((each.paper.title, *(section.text for section in each.passages)))
        for each in evidence[:PAPERS_AT_MOST]
    )


def _names(findings: Iterable[str]) -> tuple[str, ...]:
    return tuple(vocabulary()[finding].name for finding in sorted(findings))


def _passage(number: int, text: str) -> str:
    """A passage on one line, with no mark inside that could end it."""
    return f"[{number}] <<< {' '.join(_MARKS.sub(' ', text).split())[:PASSAGE_AT_MOST]} >>>"


def _filled(template: str, places: Mapping[str, str]) -> str:
    """The template with its places filled; a line none of whose places is filled is left out."""
    lines = []
    for line in template.splitlines():
        names = Template(line).get_identifiers()
        if not names or any(places[name] for name in names):
            lines.append(Template(line).substitute(places))
    return "\n".join(lines)


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(f"{_file('system')}\0{_file(name)}".encode()).hexdigest()[:16]

"""The prompts, made from a de-identified case and numbered evidence; the words are `prompts/*.md`.

Nothing that a sender named enters: findings, diagnoses and procedures have the names of our own tables, and
of what was written only the case's spans are here. Evidence stands between marks, and marks inside it are
undone.
"""

from __future__ import annotations

import hashlib
import re
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
    from collections.abc import Iterable, Sequence

    from model.assessment import Rating
    from model.case import ImagingCase
    from model.evidence.paper import Evidence

PASSAGE_AT_MOST: Final = 1_000
"""Characters of one paper's passages."""
PAPERS_AT_MOST: Final = 6

_UNKNOWN: Final = "unknown"
_MARKS: Final = re.compile(r"<{2,}|>{2,}")


def prompt_digests() -> tuple[str, str]:
    """The digests that the prompts of `rate_prompt` and of `explain_prompt` carry."""
    return _digest("rate"), _digest("explain")


def rate_prompt(case: ImagingCase, procedure: str, evidence: Sequence[Evidence]) -> Prompt:
    """Asks for a rating where no guideline gives one."""
    return _prompt("rate", case, procedure, evidence)


def explain_prompt(case: ImagingCase, procedure: str, rating: Rating, evidence: Sequence[Evidence]) -> Prompt:
    """Asks to explain a guideline's rating."""
    return _prompt("explain", case, procedure, evidence, rating=LABELS[rating])


def _prompt(
    name: str, case: ImagingCase, procedure: str, evidence: Sequence[Evidence], **more: str
) -> Prompt:
    stated = {fact.finding for fact in case.facts.stated}
    user = Template(_file(name)).substitute(
        procedure=catalogue()[procedure].name,
        age=f"{case.age.low:.0f}" if case.age else _UNKNOWN,
        sex=case.sex or _UNKNOWN,
        present=_names(stated & case.facts.present),
        absent=_names(stated & case.facts.absent),
        diagnoses=_listed(titles(each.icd10cm for each in case.indications)),
        spans="; ".join(case.spans),
        evidence="\n".join(_passage(at, each) for at, each in enumerate(evidence[:PAPERS_AT_MOST], 1))
        or "none",
        **more,
    )
    return Prompt(_file("system"), user, _digest(name))


def _names(findings: Iterable[str]) -> str:
    return _listed(vocabulary()[finding].name for finding in sorted(findings))


def _listed(names: Iterable[str]) -> str:
    return "; ".join(names) or "none known"


def _passage(number: int, evidence: Evidence) -> str:
    text = " ".join((evidence.paper.title, *(section.text for section in evidence.passages)))
    return f"[{number}] <<< {_unmarked(text)[:PASSAGE_AT_MOST]} >>>"


def _unmarked(text: str) -> str:
    """The text on one line, with no mark that could end it."""
    return " ".join(_MARKS.sub(" ", text).split())


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(f"{_file('system')}\0{_file(name)}".encode()).hexdigest()[:16]

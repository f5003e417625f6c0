"""The words of a card, filled in: summary, detail in Markdown, suggestion labels.

Names come from the catalogue, the vocabulary and the guideline library. Nothing that an EHR sent is repeated,
and what a paper or a model says is escaped: nothing can smuggle markup or instructions onto a card.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.assessment import Outcome
from model.safety import caution_text
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from datetime import date

    from jinja2 import Template

    from model.assessment import Alternative, Assessment, Citation, Opinion, RankedTopic, Reason
    from model.case import ImagingCase

CARDS: Final = Path(__file__).with_name("cards")
LONGEST_SUMMARY: Final = 139
_TOPICS: Final = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_OVERRIDES: Final = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]#|~!@]|:(?=//)|(?<=www)\.|^[-+]", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"^(\d+)(?=[.)])")


@cache
def words() -> dict[str, Any]:
    """The short texts of `cards/words.yaml`, and the override reasons as Codings."""
    loaded: dict[str, Any] = yaml.safe_load((CARDS / "words.yaml").read_text(encoding="utf-8"))
    reasons = json.loads((CARDS / "override_reasons.json").read_text(encoding="utf-8"))
    return {**loaded, "override_reasons": [{"system": _OVERRIDES, **reason} for reason in reasons]}


def summary(case: ImagingCase, assessment: Assessment) -> str:
    """One sentence of at most 139 characters."""
    said = words()["summary"]
    procedure = procedure_name(case, assessment)
    best = assessment.alternatives[0] if assessment.alternatives else None
    names = {"procedure": procedure, "alternative": catalogue()[best.procedure].name if best else ""}
    if assessment.rating:
        text = said[assessment.rating.value].format(**names)
        return _short(said["better"].format(summary=text, **names), text) if best else _short(text)
    if assessment.outcome is Outcome.NOT_ENOUGH_INFORMATION:
        text = said["not-enough-information"].format(**names)
        return _short(said["not-enough-with-alternative"].format(**names), text) if best else _short(text)
    if assessment.opinion:
        rating = words()["rating"][assessment.opinion.rating.value]
        text = said["opinion"].format(rating=rating, **names)
        return _short(text, said["no-guideline"].format(**names))
    text = said["no-guideline"].format(**names)
    return _short(said["no-guidance"].format(**names), text) if best else _short(text)


def detail(
    case: ImagingCase, assessment: Assessment, day: date | None = None, *, linked: bool = False
) -> str:
    """The card's page in Markdown; `day` is the order's, by which facts are dated.

    `linked` tells whether the card has a link to its companion page.
    """
    said = words()
    text = _page().render(
        procedure=procedure_name(case, assessment),
        rating=said["rating"][assessment.rating.value] if assessment.rating else None,
        outcome=assessment.outcome.value,
        missing=[plain(question.text) for question in assessment.missing],
        scenario=plain(assessment.scenarios[0].description) if assessment.fits else None,
        reasons=assessment.reasons,
        panel_disagreed=assessment.panel_disagreed,
        facts=assessment.facts,
        assumed=assessment.assumed,
        presumes=assessment.presumes,
        parts=[catalogue()[each].name for each in assessment.by_parts],
        ranked=[_ranked(each) for each in assessment.ranked],
        safety=[caution_text(each, day) for each in assessment.safety],
        riskier=_riskier(assessment, day),
        adult_presumed=assessment.adult_presumed,
        alternatives=[_row(alternative) for alternative in assessment.alternatives],
        radiation=_radiation(assessment.radiation),
        citations=[f"{plain(each.text)} ({each.year})" for each in dict.fromkeys(assessment.citations)],
        opinion=_opinion(assessment.opinion) if assessment.opinion else None,
        dropped=assessment.opinion.dropped if assessment.opinion else 0,
        explanation=[_marked(reason) for reason in assessment.explanation],
        literature=[_paper(each) for each in _literature(assessment)],
        level_note=level_note(trained=any(each.level_by for each in _literature(assessment))),
        retracted=assessment.retracted,
        search_pending=assessment.search_pending,
        review_pending=assessment.review_pending,
        linked=linked,
        searched_on=assessment.provenance.evidence,
    )
    return _BLANK_LINES.sub("\n\n", text).strip()


def level_note(*, trained: bool) -> str:
    """What a level of evidence is, by the rules or by a site's trained scorer."""
    note: str = words()["level-note-trained" if trained else "level-note"]
    return note


def _ranked(topic: RankedTopic) -> str:
    """A topic's title with what it comes to."""
    said = [words()["rating"][rating.value] for rating in topic.ratings]
    return f"{topic.title} ({' or '.join(said) or words()['unrated']})"


def _opinion(opinion: Opinion) -> dict[str, Any]:
    said = words()
    return {
        "rating": said["rating"][opinion.rating.value],
        "percent": round(100 * opinion.confidence),
        "by": said["opinion_by"][opinion.by],
        "reasons": [_marked(reason) for reason in opinion.reasons],
    }


def _literature(assessment: Assessment) -> tuple[Citation, ...]:
    """The papers that a model's sentences cite by number; without such sentences, what the store has."""
    cited = assessment.opinion.citations if assessment.opinion else ()
    return cited or assessment.literature


def _marked(reason: Reason) -> str:
    """A sentence with the numbers of its papers; a model wrote it, so it is shown as plain text."""
    numbers = "".join(f" [{place + 1}]" for place in reason.sources)
    return f"{plain(reason.text)}{numbers}"


def _paper(citation: Citation) -> str:
    level = words()["level"][citation.level] if citation.level else None
    link = f"[{plain(citation.id or 'link')}]({citation.url})" if citation.url else None
    return ". ".join(part for part in (plain(citation.text), level, link) if part)


def plain(text: str) -> str:
    """The text with everything escaped that Markdown or HTML could take for its own; one line.

    A title or a model's sentence comes from outside, and some clients show raw HTML.
    """
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))
    return _NUMBERED.sub(r"\1\\", escaped)


def suggestion_label(alternative: Alternative) -> str:
    """What the button says."""
    said = words()
    name = catalogue()[alternative.procedure].name
    label = said["suggestion-risky" if alternative.safety else "suggestion"]
    text: str = label.format(procedure=name, rating=said["rating"][alternative.rating.value])
    return text


def topic(assessment: Assessment) -> dict[str, str]:
    """The card's `source.topic`."""
    known = assessment.outcome is not Outcome.NO_GUIDANCE
    unknown = "opinion" if assessment.opinion else "no-guidance"
    code, key = ("guideline", "guideline") if known else ("off-guideline", unknown)
    return {"system": _TOPICS, "code": code, "display": words()["topic"][key]}


def procedure_name(case: ImagingCase, assessment: Assessment) -> str:
    """Our name of what was ordered: the procedure judged, else the first that the order may mean."""
    return catalogue()[assessment.procedure or case.procedures[0]].name


def _riskier(assessment: Assessment, day: date | None) -> list[dict[str, str]]:
    """What makes better choices risky for this patient, each sentence once, with the studies it is about."""
    names: dict[str, list[str]] = {}
    for alternative in assessment.alternatives:
        for caution in alternative.safety:
            about = names.setdefault(caution_text(caution, day), [])
            about.append(catalogue()[alternative.procedure].name)
    return [{"text": text, "procedures": "; ".join(about)} for text, about in names.items()]


def _row(alternative: Alternative) -> dict[str, str]:
    return {
        "procedure": catalogue()[alternative.procedure].name,
        "rating": words()["rating"][alternative.rating.value],
        "radiation": _radiation(alternative.radiation) or "unknown",
    }


def _radiation(level: str | None) -> str | None:
    return None if level is None else words()["radiation"][str(level)]


def _short(text: str, shorter: str | None = None) -> str:
    """The text if it fits, else the shorter one, else cut at a word."""
    if len(text) <= LONGEST_SUMMARY:
        return text
    if shorter is not None:
        return _short(shorter)
    return text[: LONGEST_SUMMARY - 1].rsplit(" ", 1)[0] + "…"


@cache
def _page() -> Template:
    environment = Environment(
        loader=FileSystemLoader(CARDS),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown, made of our own words only
    )
    return environment.get_template("detail.md")

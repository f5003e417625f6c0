"""A page put together: the record, the guideline, the papers and the review, in the words of the templates.

Reading a page asks for nothing: no review, no search, no model.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cds_service.card_text import words as card_words
from cds_service.companion.literature import literature_of, numbers, safe_link
from cds_service.companion.pages import SCENARIO_QUESTION, is_licensed
from cds_service.companion.review import review_of
from cds_service.companion.tables import tables_of
from cds_service.reviews import State
from model.assessment import Outcome
from model.safety import caution_text
from terminology.findings import vocabulary
from terminology.icd10cm import titles
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cds_service.companion.literature import PageLiterature
    from cds_service.companion.pages import Kept, Understood
    from cds_service.companion.tables import Tables
    from cds_service.services import Services
    from model.assessment import Alternative, Assessment, RankedTopic, Reason

HERE: Final = Path(__file__).parent
REFRESHED_FOR: Final = timedelta(minutes=10)
"""So long after the order was rated a page whose review is under way loads itself anew."""
_AT_FIRST: Final = timedelta(minutes=1)
_SOON_S: Final = 5
_LATER_S: Final = 15


@cache
def words() -> dict[str, Any]:
    """The short texts of `words.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def style() -> str:
    """The style sheet, as it stands in every page."""
    return (HERE / "page.css").read_text(encoding="utf-8")


@cache
def style_source() -> str:
    """The style sheet's digest as a source of a Content-Security-Policy."""
    return f"'sha256-{b64encode(hashlib.sha256(style().encode()).digest()).decode('ascii')}'"


def prepare() -> None:
    """Compile the templates, so that the first reader does not wait for it."""
    for name in ("page.html", "refused.html"):
        _environment().get_template(name)


def refused(kind: str) -> str:
    """The page that stands for one that cannot be shown; `kind` is a key of the words."""
    return _environment().get_template("refused.html").render(**words()["refused"][kind])


def page(kept: Kept, services: Services, now: datetime, *, still: str | None) -> str:
    """The page of a card as HTML.

    `still` is the address of the page that does not load itself anew; `None` if this is it.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    recorded = kept.page
    review = review_of(recorded, services.reviews, has_model=services.settings.language_model != "none")
    assessment = review.assessment
    opinion, judged = assessment.opinion, assessment.procedure or recorded.procedures[0]
    literature = literature_of(
        kept.papers,
        opinion.citations if opinion else (),
        recorded.question,
        services.literature.store if services.literature else None,
    )
    tables = tables_of(recorded, services.library, services.in_force.guidelines)
    said, own = card_words(), words()
    standing, search = own["review"][review.state.value], _search(literature, services)
    under_way = [*([standing] if review.under_way else []), *(search if literature.under_way else [])]
    return (
        _environment()
        .get_template("page.html")
        .render(
            refresh=_refresh(now - kept.asked_at) if under_way and still else None,
            still=still,
            under_way=under_way,
            answered_since=kept.answered_since,
            procedure=catalogue()[judged].name,
            others=_names(tuple(each for each in recorded.procedures if each != judged)),
            reasons=[_reason(each) for each in recorded.reasons],
            inferred=recorded.inferred,
            licensed=is_licensed(assessment),
            assessment=assessment,
            rating=said["rating"][assessment.rating.value] if assessment.rating else None,
            parts=_names(assessment.by_parts),
            ranked=[
                (each.title, [said["rating"][rating.value] for rating in each.ratings])
                for each in assessment.ranked
            ],
            questions=_questions(assessment, tables),
            scenario=tables.tables[0].scenario if assessment.fits and tables.tables else None,
            safety=[caution_text(each, None) for each in assessment.safety],
            riskier=[risk for each in assessment.alternatives for risk in _risks(each)],
            tables=tables,
            edition=own["edition"].get(tables.edition.value),
            citations=dict.fromkeys((each.text, each.year) for each in assessment.citations),
            ratings=said["rating"],
            radiation=said["radiation"],
            own_radiation=_radiation(assessment),
            marks=own["mark"],
            unknown=own["radiation-unknown"],
            opinion=_opinion(assessment, literature),
            explanation=[_marked(each, kept.papers, literature) for each in assessment.explanation],
            review=standing,
            literature=literature,
            search=search,
            levels=said["level"],
            level_note=said["level-note"],
            provenance=assessment.provenance,
            current=services.library.version,
        )
    )


def _refresh(since: timedelta) -> int | None:
    """Seconds after which the page loads itself anew; `None` once that has gone on for long enough."""
    if since >= REFRESHED_FOR:
        return None
    return _SOON_S if since < _AT_FIRST else _LATER_S


def _names(procedures: tuple[str, ...]) -> list[str]:
    return [catalogue()[each].name for each in procedures]


def _ranked(topic: RankedTopic) -> tuple[str, list[str]]:
    return topic.title, [card_words()["rating"][rating.value] for rating in topic.ratings]


def _reason(understood: Understood) -> dict[str, Any]:
    findings = vocabulary()
    return {
        "code": understood.icd10cm,
        "title": next(iter(titles([understood.icd10cm])), None),
        **{
            part: [findings[each].name for each in getattr(understood, part)]
            for part in ("present", "absent", "suggested")
        },
    }


def _questions(assessment: Assessment, tables: Tables) -> list[str]:
    """What would decide; a question about a licensed scenario is the scenario's sentence, if that is held."""
    texts = [each.text for each in assessment.missing if each.key != SCENARIO_QUESTION]
    if len(texts) < len(assessment.missing):
        texts += [each.scenario for each in tables.tables[: len(assessment.missing)]]
    return texts


def _risks(alternative: Alternative) -> list[tuple[str, str]]:
    name = catalogue()[alternative.procedure].name
    return [(name, caution_text(each, None)) for each in alternative.safety]


def _radiation(assessment: Assessment) -> str | None:
    level = assessment.radiation
    return None if level is None else card_words()["radiation"][str(level)]


def _opinion(assessment: Assessment, literature: PageLiterature) -> dict[str, Any] | None:
    opinion = assessment.opinion
    if opinion is None:
        return None
    said = card_words()
    ids = tuple(each.id or "" for each in opinion.citations)
    return {
        "rating": said["rating"][opinion.rating.value],
        "percent": round(100 * opinion.confidence),
        "by": said["opinion_by"][opinion.by],
        "reasons": [_marked(each, ids, literature) for each in opinion.reasons],
        "dropped": opinion.dropped,
    }


def _marked(reason: Reason, ids: tuple[str, ...], literature: PageLiterature) -> tuple[str, list[int]]:
    """A model's sentence and the numbers of its papers on this page."""
    known: Mapping[str, int] = numbers(literature.papers)
    cited = [known[ids[place]] for place in reason.sources if place < len(ids) and ids[place] in known]
    return reason.text, cited


def _search(literature: PageLiterature, services: Services) -> list[str]:
    """Whether and when the literature was searched, in sentences."""
    said = words()["search"]
    day = literature.searched_on.isoformat() if literature.searched_on else None
    if literature.state is None:
        never = said["not-here" if services.settings.literature == "none" else "never"]
        return [never, *([said["others"]] if literature.papers else [])]
    if literature.state is State.DONE:
        return [said["done"].format(day=day)]
    return [said[literature.state.value], *([said["earlier"].format(day=day)] if day else [])]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_link"] = safe_link
    environment.globals |= {"Outcome": Outcome, "style": Markup(style())}  # noqa: S704 - our own file
    return environment

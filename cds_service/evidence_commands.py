"""What the commands `evidence fetch` and `evidence show` do; loaded when one of them runs."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError

from cds_service.backend import backend_of
from cds_service.consults import open_engine
from cds_service.errors import StoreUnavailableError
from cds_service.evidence_fetch import fresh_since, open_fetcher
from cds_service.evidence_ranking import open_evidence
from cds_service.imported import local_today
from cds_service.schema import migrate
from cds_service.settings import SettingsError, read_settings
from model.case import ImagingCase, Indication
from model.evidence.paper import EvidenceQuestion
from model.evidence.question import question_of
from model.evidence.search import ProviderError
from model.guideline.library import GuidelineError, library
from model.intake import PlainCase, case_of_record
from model.reasoning.backend import open_language_model
from terminology.coding import Concept
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date

    from cds_service.evidence_fetch import Fetcher
    from cds_service.evidence_store import EvidenceStore
    from cds_service.settings import Settings
    from model.evidence.paper import EvidenceFound, Paper
    from model.evidence.search import SearchResult
    from model.guideline.topic import Topic

MOST_FAILURES: Final = 3
"""So many questions in a row may fail before the rest is left."""
_GONE: Final = "the database does not answer: check APPOSITE_DATABASE_URL"
LEAVE: Final = "what was fetched is kept; run the command again to go on"


def fetch_evidence(asked: Sequence[EvidenceQuestion], at_most: int | None = None) -> dict[str, Any]:
    """Search for the questions and keep what is found; how it went, in numbers.

    `at_most` is how many papers are taken of each search, where that is not to be what the settings say.

    Raises:
        ClickException: No literature is set, the database does not answer, or somebody stopped it.
    """
    settings = _settings()
    store = _store(settings)
    model = open_language_model(backend_of(settings)) if settings.literature_rewriting else None
    fetcher = open_fetcher(settings, store, model)
    if fetcher is None:
        raise click.ClickException(
            "no literature is set: set APPOSITE_LITERATURE to pubmed, europe-pmc or both "
            "(pubmed and both need APPOSITE_LITERATURE_EMAIL too)"
        )
    since = fresh_since(local_today(), settings.literature_fresh_days)
    if at_most is not None:
        fetcher = replace(fetcher, at_most=at_most)
    try:
        return _fetch(asked, fetcher, lambda question: _is_fresh(fetcher.store, question, since, at_most))
    except StoreUnavailableError as error:
        raise click.ClickException(f"{_GONE}; {LEAVE}") from error
    except KeyboardInterrupt as error:
        raise click.ClickException(f"stopped; {LEAVE}") from error


def find_evidence(question: EvidenceQuestion, limit: int) -> tuple[EvidenceFound, tuple[SearchResult, ...]]:
    """What the store has on the question, and what was searched for it.

    Raises:
        ClickException: The database does not answer.
    """
    store = _store(_settings())
    try:
        return store.about(question, limit=limit), store.searches(question)
    except StoreUnavailableError as error:
        raise click.ClickException(_GONE) from error


def papers_named(pmids: Collection[str]) -> dict[str, Paper]:
    """The papers of these PMIDs that the store has, and those that a set index gives beside it.

    Raises:
        ClickException: The database or the index does not answer.
    """
    settings = _settings()
    store = _store(settings)
    try:
        known = store.papers(pmids)
        missing = [each for each in pmids if each not in known]
        fetcher = open_fetcher(settings, store) if missing else None
        if fetcher is not None:
            fetcher.fetch_papers(missing)
            known |= store.papers(missing)
    except StoreUnavailableError as error:
        raise click.ClickException(_GONE) from error
    except ProviderError as error:
        raise click.ClickException(f"not all papers could be fetched ({error}); {LEAVE}") from error
    return known


def questions(topics: str | None, procedures: str | None) -> list[EvidenceQuestion]:
    """What the hooks would ask about the topics' findings and the studies that they rate.

    `topics` and `procedures` are ids, separated by commas; `None` means all.

    Raises:
        ClickException: There is no such topic or study, or no topic rates any of the studies.
    """
    studies = studies_of(procedures) if procedures else None
    return _questions(_topics(topics), studies)


def _is_fresh(store: EvidenceStore, question: EvidenceQuestion, since: date, at_most: int | None) -> bool:
    """Whether the question was searched at `since` or later, and each search to `at_most` or its end."""
    day = store.searched_on(question)
    if day is None or day < since:
        return False
    return at_most is None or not any(
        len(each.ids) < min(each.total, at_most) for each in store.searches(question)
    )


def _fetch(
    asked: Sequence[EvidenceQuestion], fetcher: Fetcher, is_fresh: Callable[[EvidenceQuestion], bool]
) -> dict[str, Any]:
    """Fetch for each question that is not fresh, with a progress bar."""
    done: dict[str, Any] = {"questions": len(asked), "searched": 0, "fresh": 0, "failed": 0}
    done |= {"papers": 0, "missing": 0, "failures": []}
    in_a_row = 0
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Searching", total=len(asked))
        for question in progress.track(asked, task_id=task):
            if is_fresh(question):
                done["fresh"] += 1
                continue
            if in_a_row == MOST_FAILURES:
                done["failed"] += 1
                continue
            try:
                fetched = fetcher.fetch(
                    question, told=lambda papers: progress.update(task, description=f"{papers:,} papers")
                )
            except ProviderError as error:
                done["failures"] = [*done["failures"], str(error)]
                done["failed"] += 1
                in_a_row += 1
                continue
            in_a_row = 0
            done["searched"] += 1
            done["papers"] += fetched.papers
            done["missing"] += fetched.missing
            done["failures"] = [*done["failures"], *fetched.failures]
    return done


def _questions(topics: Iterable[Topic], studies: Sequence[str] | None) -> list[EvidenceQuestion]:
    """What the hooks would ask about the topics' findings and the studies that they rate."""
    asked: dict[EvidenceQuestion, None] = {}
    for topic in topics:
        rated = dict.fromkeys(procedure for variant in topic.variants for procedure in variant.ratings)
        for procedure in (each for each in rated if studies is None or each in studies):
            for finding in topic.indications:
                indication = Indication(None, (finding,), legible=True)
                case = ImagingCase((procedure,), (indication,), frozenset({finding}))
                question = question_of(case, procedure)
                if question is not None:
                    asked[question] = None
    if not asked:
        raise click.ClickException(
            "the topics rate none of the --procedures; name others, or leave the option out"
        )
    return list(asked)


def question_about(condition: str, procedure: str) -> EvidenceQuestion:
    """What a hook would ask about an order with these words for its reason."""
    study = Concept(text=catalogue()[procedure].name)
    case = case_of_record(PlainCase(study, (Concept(text=condition),)))
    known = question_of(case, procedure) if case else None
    return known or EvidenceQuestion(condition, procedure)


def _topics(ids: str | None) -> list[Topic]:
    try:
        known = library().topics
    except GuidelineError as error:
        raise click.ClickException(f"the guideline library cannot be used:\n{error}") from error
    wanted = known if ids is None else _listed(ids)
    unknown = [each for each in wanted if each not in known]
    if unknown:
        near = get_close_matches(unknown[0], known) or ["low-back-pain"]
        raise click.ClickException(f"--topics: {unknown[0]} is no topic's id; try {' or '.join(near)}")
    return [known[each] for each in wanted]


def studies_of(ids: str) -> tuple[str, ...]:
    """The catalogue ids that a list names, separated by commas; at least one.

    Raises:
        ClickException: There is no such study.
    """
    wanted = _listed(ids)
    unknown = [each for each in wanted if each not in catalogue()] or ([] if wanted else [ids])
    if unknown:
        raise click.ClickException(
            f"{unknown[0]!r} is no study's id; find it with: apposite procedure 'CT head without contrast'"
        )
    return wanted


def _listed(ids: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in ids.split(",") if each.strip()))


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _store(settings: Settings) -> EvidenceStore:
    engine = open_engine(settings.database_url)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        raise click.ClickException("the database cannot be opened: check APPOSITE_DATABASE_URL") from error
    return open_evidence(settings, engine)

"""Everything the app talks to, in one frozen value that `wsgi.py` makes and tests replace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from cds_service.backend import backend_of
from cds_service.background import Background
from cds_service.breaker import Breaker
from cds_service.card_text import detail
from cds_service.companion.companion import Companion, open_companion
from cds_service.consults import Consults, open_engine
from cds_service.evidence_fetch import open_fetcher
from cds_service.evidence_questions import EvidenceQuestions
from cds_service.evidence_ranking import open_evidence
from cds_service.imported import NOTHING_IMPORTED, ImportedGuidelines, InForce, open_imported
from cds_service.literature import Literature, Searches
from cds_service.metrics import Metrics, new_metrics
from cds_service.model_health import ModelHealth, health_of
from cds_service.places import Places
from cds_service.queue import Queue
from cds_service.repeats import Repeats
from cds_service.reviewing import Reviewing
from cds_service.reviews import Reviews
from cds_service.schema import migrate
from cds_service.searching import Searching
from cds_service.settings import Settings  # noqa: TC001 - a field's type
from model.assess import assess
from model.evidence.question import question_of
from model.guideline.library import Library, library
from model.intake import PlainCase, case_of_record
from model.reasoning.backend import identity_of, open_language_model
from model.reasoning.prompt import prompt_digests
from model.reasoning.rater import rater
from model.reasoning.reasoner import Reasoner
from model.reasoning.review import review
from terminology.coding import Coding, Concept
from terminology.systems import ICD_9_CM, ICD_10_CM
from terminology.translate import TerminologyServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from cds_service.rate import RatedOrder
    from model.assessment import Assessment
    from model.reasoning.language_model import LanguageModel


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the guideline library, how a case is assessed, the stores and servers spoken to.

    `assess` asks our library; where guidelines are imported it takes those in force as `licensed`.
    `companion` is `None` where cards have no links.
    """

    settings: Settings
    library: Library
    assess: Callable[..., Assessment]
    consults: Consults
    reviews: Reviews
    metrics: Metrics = field(default_factory=new_metrics)
    reviewing: Reviewing | None = None
    model_health: ModelHealth | None = None
    terminology_server: TerminologyServer | None = None
    literature: Literature | None = None
    companion: Companion | None = None
    repeats: Repeats[tuple[RatedOrder, ...]] = field(default_factory=Repeats)
    imported: ImportedGuidelines | None = None

    @property
    def in_force(self) -> InForce:
        """The imported guidelines in force; to be taken once for a call."""
        return self.imported.now() if self.imported else NOTHING_IMPORTED


_INDEX_PAUSE: Final = timedelta(minutes=5)
"""How long an index of the literature that failed again and again is left alone."""


class NothingToDoError(Exception):
    """A worker is started for which there is no work; the message gives the remedy."""


def open_services(settings: Settings) -> Services:
    """The services of an installation; the store's schema is brought up to date.

    Raises:
        GuidelineError: The guideline library breaks a rule.
        ReleaseError: The folder of imported releases cannot be read, or one that is held is damaged.
    """
    engine = open_engine(settings.database_url)
    migrate(engine)
    companion = open_companion(settings, engine)
    engine.dispose()  # a worker that is forked from here must not share a connection
    loaded = library()
    _warm(loaded)
    reviews, metrics = Reviews(engine), new_metrics()
    return Services(
        settings,
        loaded,
        partial(assess, library=loaded, rater=rater()),
        Consults(engine),
        reviews,
        metrics,
        _reviewing(settings, loaded.version, reviews, metrics),
        health_of(backend_of(settings)),
        TerminologyServer(settings.terminology_server) if settings.terminology_server else None,
        _literature(settings, engine, reviews, metrics),
        companion=companion,
        imported=open_imported(settings, loaded, metrics.guideline_changes),
    )


def open_background(settings: Settings) -> Background:
    """The background worker of an installation that has a language model or searches the literature.

    Raises:
        NothingToDoError: It has and does neither.
        NotInstalledError: The language model's package is absent.
    """
    if not settings.has_background:
        raise NothingToDoError(
            "there is nothing to do in the background: set APPOSITE_LITERATURE or APPOSITE_LANGUAGE_MODEL"
        )
    model = open_language_model(backend_of(settings))
    engine = open_engine(settings.database_url)
    migrate(engine)
    metrics = new_metrics()
    return Background(
        Reviews(engine),
        partial(review, reasoner=Reasoner(model), timeout_s=settings.review_timeout_s) if model else None,
        metrics=metrics,
        breaker=Breaker(),
        searching=_searching(settings, engine, metrics, model),
    )


def _searching(
    settings: Settings, engine: Engine, metrics: Metrics, model: LanguageModel | None
) -> Searching | None:
    """The worker's side of the literature; `None` where none is searched."""
    fetcher = open_fetcher(settings, open_evidence(settings, engine), model)
    if fetcher is None:
        return None
    return Searching(EvidenceQuestions(engine), fetcher, metrics=metrics, breaker=Breaker(pause=_INDEX_PAUSE))


def _literature(settings: Settings, engine: Engine, reviews: Reviews, metrics: Metrics) -> Literature:
    """How the hooks cite the literature, and ask for searches where it is searched."""
    searches = Searches(
        EvidenceQuestions(engine),
        reviews,
        Queue(settings.queue_url),
        metrics,
        fresh_days=settings.literature_fresh_days,
        most_waiting=settings.most_waiting_searches,
    )
    return Literature(
        open_evidence(settings, engine),
        searches if settings.literature != "none" else None,
        settings.cards_for_appropriate,
    )


def _reviewing(settings: Settings, criteria: str, reviews: Reviews, metrics: Metrics) -> Reviewing | None:
    """How the hooks ask for reviews; `None` without a language model."""
    if settings.language_model == "none":
        return None
    version = " ".join((criteria, rater().digest, identity_of(backend_of(settings)), *prompt_digests()))
    others = settings.workers * settings.threads - 1
    return Reviewing(
        reviews,
        Queue(settings.queue_url),
        metrics,
        version,
        Places(settings.database_url, others),
        most_waiting=settings.most_waiting_reviews,
    )


_WARMING: Final = (
    Concept((Coding("R51.9", ICD_10_CM),), "headache for 2 days"),
    Concept((Coding("784.0", ICD_9_CM),)),
    Concept(text="whatever no table knows"),
)
"""Reasons that between them need every table: words, the codes of two editions, the retrieval of codes."""


def _warm(loaded: Library) -> None:
    """Rate some orders, so that the first real one finds every table and template in memory."""
    for reason in _WARMING:
        case = case_of_record(PlainCase(Concept(text="CT head"), (reason,)))
        if case is not None:
            detail(case, assess(case, loaded))
            question_of(case, case.procedures[0])

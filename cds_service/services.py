"""Everything the app talks to, in one frozen value that `wsgi.py` makes and tests replace."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cds_service.card_text import detail
from cds_service.consults import Consults, open_engine
from cds_service.metrics import Metrics, new_metrics
from cds_service.repeats import Repeats
from cds_service.reviewing import Reviewing  # noqa: TC001 - a field's type
from cds_service.reviews import Reviews
from cds_service.schema import migrate
from cds_service.settings import Settings  # noqa: TC001 - a field's type
from model.assess import assess
from model.guideline.library import Library, library
from model.intake import PlainCase, case_of_record
from terminology.coding import Coding, Concept
from terminology.systems import ICD_10_CM
from terminology.translate import TerminologyServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cds_service.rate import RatedOrder
    from model.assessment import Assessment
    from model.case import ImagingCase


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the guideline library, how a case is assessed, the stores and servers spoken to."""

    settings: Settings
    library: Library
    assess: Callable[[ImagingCase], Assessment]
    consults: Consults
    reviews: Reviews
    metrics: Metrics = field(default_factory=new_metrics)
    reviewing: Reviewing | None = None
    terminology_server: TerminologyServer | None = None
    repeats: Repeats[tuple[RatedOrder, ...]] = field(default_factory=Repeats)


def open_services(settings: Settings) -> Services:
    """The services of an installation; the store's schema is brought up to date.

    Raises:
        GuidelineError: The guideline library breaks a rule.
    """
    engine = open_engine(settings.database_url)
    migrate(engine)
    engine.dispose()  # a worker that is forked from here must not share a connection
    loaded = library()
    _warm(loaded)
    server = TerminologyServer(settings.terminology_server) if settings.terminology_server else None
    return Services(
        settings,
        loaded,
        partial(assess, library=loaded),
        Consults(engine),
        Reviews(engine),
        terminology_server=server,
    )


def _warm(loaded: Library) -> None:
    """Rate one order, so that the first real one finds every table and template in memory."""
    headache = Concept((Coding("R51.9", ICD_10_CM),), "headache for 2 days")
    case = case_of_record(PlainCase(Concept(text="CT head"), (headache,)))
    if case is not None:
        detail(case, assess(case, loaded))

"""Everything the app talks to, in one frozen value that `wsgi.py` makes and tests replace."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cds_service.consults import Consults, open_engine
from cds_service.repeats import Repeats
from cds_service.schema import migrate
from cds_service.settings import Settings  # noqa: TC001 - a field's type
from model.assess import assess
from model.guideline.library import Library, library
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
    server = TerminologyServer(settings.terminology_server) if settings.terminology_server else None
    return Services(settings, loaded, partial(assess, library=loaded), Consults(engine), server)

"""How an installation weighs and ranks papers: by the rules, or by the scorer that the site has trained."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cds_service.evidence_store import EvidenceStore
from cds_service.imported import local_today
from model.evidence.rank import about
from model.evidence.trained_levels import load
from model.evidence.weigh import weighed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from cds_service.settings import Settings
    from model.evidence.paper import EvidenceQuestion, Paper
    from model.evidence.rank import Ranked
    from model.evidence.weigh import Weigh


def open_evidence(settings: Settings, engine: Engine) -> EvidenceStore:
    """The evidence store of an installation.

    Raises:
        TrainedLevelsError: The site's scorer of evidence levels cannot be used.
    """
    if not settings.evidence_levels:
        return EvidenceStore(
            engine,
            partial(_ranked, weigh=weighed),
            weigh=lambda paper: weighed(paper, this_year=local_today().year),
        )
    trained = load(Path(settings.evidence_levels))
    return EvidenceStore(
        engine,
        partial(_ranked, weigh=trained),
        weighed_by=trained.digest,
        weigh=lambda paper: trained(paper, this_year=local_today().year),
    )


def _ranked(papers: Iterable[Paper], question: EvidenceQuestion, *, weigh: Weigh) -> Ranked:
    return about(papers, question, this_year=local_today().year, weigh=weigh)

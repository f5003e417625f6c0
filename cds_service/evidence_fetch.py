"""Searching the literature for a question and keeping what is found, for the worker and the command line."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from model.evidence.fetching import BATCH, fetch, fetch_papers
from model.evidence.indexes import indexes
from model.evidence.query import queries
from model.evidence.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from cds_service.evidence_store import EvidenceStore
    from cds_service.settings import Settings
    from model.evidence.paper import EvidenceQuestion
    from model.evidence.search import Provider, Query
    from model.reasoning.language_model import LanguageModel


@dataclass(frozen=True, slots=True)
class Fetch:
    """What a fetch came to: papers written, papers that no index gave, searches, and indexes that failed."""

    papers: int = 0
    missing: int = 0
    searches: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches papers into a store.

    A paper older than `fresh_days` is fetched again, so that a retraction is seen; `at_most` is how many are
    taken of each search. `rewrite` may write the PICO query in the place of the rules.
    """

    store: EvidenceStore
    providers: Sequence[Provider]
    fresh_days: int
    at_most: int
    batch_size: int = BATCH
    rewrite: Callable[[EvidenceQuestion], Query | None] | None = None

    def asked(self, question: EvidenceQuestion) -> tuple[Query, ...]:
        """The queries of the question."""
        ruled = queries(question)
        own = self.rewrite(question) if self.rewrite and ruled else None
        return (*(each for each in ruled if each.kind is not own.kind), own) if own else ruled

    def fetch(self, question: EvidenceQuestion, *, told: Callable[[int], None] | None = None) -> Fetch:
        """Search for the question; what was written before a failure stays, and is not fetched again.

        `told` hears after each batch how many papers of the question came so far.

        Raises:
            ProviderError: No index answered; the question does not count as searched.
            StoreUnavailableError: The database did not take it.
        """
        papers, missing, searches = 0, 0, 0
        failures: list[str] = []
        since = datetime.now(UTC) - timedelta(days=self.fresh_days)
        known = partial(self.store.known, since=since)
        batches = fetch(
            self.asked(question),
            self.providers,
            known_ids=known,
            at_most=self.at_most,
            batch_size=self.batch_size,
        )
        for batch in batches:
            failures += batch.failures
            missing += len(batch.missing)
            if batch.papers:
                self.store.write_papers(batch.papers)
                papers += len(batch.papers)
                if told is not None:
                    told(papers)
            if batch.searches:
                self.store.write_searches(question, batch.searches)
                searches = len(batch.searches)
        return Fetch(papers, missing, searches, tuple(failures))

    def fetch_papers(self, ids: Sequence[str]) -> int:
        """Fetch the papers of these PMIDs into the store; how many came.

        Raises:
            ProviderError: No index is left that answers; what was written stays.
            StoreUnavailableError: The database did not take it.
        """
        came = 0
        for batch in fetch_papers(ids, self.providers, batch_size=self.batch_size):
            self.store.write_papers(batch.papers)
            came += len(batch.papers)
        return came


def fresh_since(today: date, fresh_days: int) -> date:
    """The first day whose searches still count."""
    return today - timedelta(days=fresh_days)


def open_fetcher(
    settings: Settings, store: EvidenceStore, language_model: LanguageModel | None = None
) -> Fetcher | None:
    """How an installation searches the literature; `None` where it does not.

    `language_model` writes a query where the settings let it.
    """
    if settings.literature == "none":
        return None
    pubmed, europe_pmc = indexes(
        shared_folder(),
        email=settings.literature_email,
        api_key=settings.literature_api_key.get_secret_value() or None,
        pubmed_url=settings.pubmed_url,
        europe_pmc_url=settings.europe_pmc_url,
    )
    wanted = {"pubmed": (pubmed,), "europe-pmc": (europe_pmc,), "both": (pubmed, europe_pmc)}
    rewrite = (
        partial(rewritten, language_model=language_model, timeout_s=settings.review_timeout_s)
        if language_model is not None and settings.literature_rewriting
        else None
    )
    return Fetcher(
        store,
        wanted[settings.literature],
        settings.literature_fresh_days,
        settings.papers_per_search,
        rewrite=rewrite,
    )


def shared_folder() -> Path:
    """Where all workers of this user keep one rate; a folder of somebody else's in its place is not used."""
    shared = Path(tempfile.gettempdir()) / f"apposite-literature-{os.getuid()}"
    shared.mkdir(mode=0o700, exist_ok=True)
    known = shared.lstat()
    if stat.S_ISDIR(known.st_mode) and known.st_uid == os.getuid():
        return shared
    return Path(tempfile.mkdtemp(prefix="apposite-literature-"))

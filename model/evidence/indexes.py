"""The indexes that the literature is searched in, over the real network: PubMed first, then Europe PMC.

Their rate limits stand in files of one folder, which all workers of a machine must share.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from model.evidence import europe_pmc, pubmed
from model.evidence.europe_pmc import EuropePmc
from model.evidence.pubmed import PubMed
from model.evidence.rate_limit import RateLimit
from model.evidence.transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model.evidence.search import Provider
    from model.evidence.transport import Limits

_PUBMED_RATE: Final = 3.0
_PUBMED_RATE_WITH_KEY: Final = 10.0
_EUROPE_PMC_RATE: Final = 5.0
"""Europe PMC names no number; this is a polite one."""


def indexes(  # noqa: PLR0913 - addresses and limits have good defaults
    folder: Path,
    *,
    email: str,
    api_key: str | None = None,
    pubmed_url: str = pubmed.BASE_URL,
    europe_pmc_url: str = europe_pmc.BASE_URL,
    limits: Limits | None = None,
    today: Callable[[], date] = date.today,
) -> tuple[Provider, ...]:
    """The indexes in the order of preference, for `fetching.fetch`; nothing is asked of them yet.

    `folder` must exist and be writable. NCBI writes to `email` before it shuts a program out.
    """
    rate = _PUBMED_RATE_WITH_KEY if api_key else _PUBMED_RATE
    pubmed_transport = HttpTransport(
        pubmed.NAME, pubmed_url, RateLimit(folder / "pubmed.next", rate), limits=limits
    )
    europe_pmc_transport = HttpTransport(
        europe_pmc.NAME,
        europe_pmc_url,
        RateLimit(folder / "europe-pmc.next", _EUROPE_PMC_RATE),
        limits=limits,
    )
    return (
        PubMed(pubmed_transport, email=email, api_key=api_key, today=today),
        EuropePmc(europe_pmc_transport, today=today),
    )

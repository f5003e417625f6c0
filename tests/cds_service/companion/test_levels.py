from __future__ import annotations

from types import SimpleNamespace

from cds_service.companion.literature import literature_of
from model.evidence.paper import EvidenceLevel, Paper


def test_a_page_weighs_papers_as_the_store_does() -> None:
    """The level is the one that the site's store gives, and so the card's; not a reading of the page's own."""
    said = SimpleNamespace(level=EvidenceLevel.HIGH, because=("the site's scorer",))
    store = SimpleNamespace(
        standing=lambda _: None,
        named=lambda _: {"7": Paper("7", None, "A case report.")},
        weigh=lambda _: said,
    )
    (cited,) = literature_of(["PMID 7"], (), None, store).papers
    assert (cited.level, cited.because) == (int(EvidenceLevel.HIGH), ("the site's scorer",))

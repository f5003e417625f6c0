"""The papers on a page: those that the card and the model's sentences cite, and those found since.

A number and an id come from the record; all that is shown of a paper comes from the evidence store as it is
now. So a paper that was retracted since is shown as that, and one that is not in the store is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cds_service.literature import CITED
from cds_service.reviews import State
from model.evidence.citing import cite
from model.evidence.paper import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from cds_service.evidence_store import EvidenceStore, Standing
    from model.assessment import Citation
    from model.evidence.paper import Paper
    from model.evidence.weigh import Weighed

HOSTS: Final = frozenset({"pubmed.ncbi.nlm.nih.gov", "doi.org"})
"""The only hosts to which a page links."""
UNDER_WAY: Final = frozenset({State.WAITING, State.RUNNING})


@dataclass(frozen=True, slots=True)
class Cited:
    """A paper with its number on the page; `since` is True of one that the card did not know yet.

    `text`, `url` and `level` are `None` where the store does not have the paper (any more); `because` says
    what the level rests on.
    """

    number: int
    id: str
    text: str | None = None
    url: str | None = None
    level: int | None = None
    because: tuple[str, ...] = ()
    retracted: bool = False
    since: bool = False


@dataclass(frozen=True, slots=True)
class PageLiterature:
    """The papers of a page, and how their search stands: `None` where none was ever asked for."""

    papers: tuple[Cited, ...]
    state: State | None
    searched_on: date | None

    @property
    def under_way(self) -> bool:
        """Whether the literature is being searched."""
        return self.state in UNDER_WAY


def literature_of(
    ids: Iterable[str], citations: Iterable[Citation], question: str | None, store: EvidenceStore | None
) -> PageLiterature:
    """The papers of a card (by `ids`), of a model's sentences, and of a search that ended since.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    shown = dict.fromkeys((*ids, *(each.id for each in citations if each.id)))
    if store is None:
        papers = tuple(Cited(number, each) for number, each in enumerate(shown, start=1))
        return PageLiterature(papers, None, None)
    standing = store.standing(question) if question else None
    found = _found_since(standing, {bare(each) for each in shown})
    known = store.named((*map(bare, shown), *found))
    cited = [
        _cited(number, each, known.get(bare(each)), store.weigh) for number, each in enumerate(shown, start=1)
    ]
    new = [paper for each in found if (paper := known.get(each)) and not paper.retracted]
    cited += [
        _cited(number, _label(paper), paper, store.weigh, since=True)
        for number, paper in enumerate(new, start=len(cited) + 1)
    ]
    return PageLiterature(
        tuple(cited), standing.state if standing else None, standing.searched_on if standing else None
    )


def numbers(papers: Iterable[Cited]) -> Mapping[str, int]:
    """The number of each paper by its id."""
    return {each.id: each.number for each in papers}


def bare(id_: str) -> str:
    """The id as the store knows it: a PMID without its name, a DOI in lower case without its scheme."""
    return id_.removeprefix("PMID ").removeprefix("doi:").lower()


def safe_link(url: str | None) -> str | None:
    """The address if it leads to PubMed or to a DOI, by https; `None` otherwise."""
    parts = urlsplit(url or "")
    return url if parts.scheme == "https" and parts.netloc in HOSTS else None


def _found_since(standing: Standing | None, shown: set[str]) -> tuple[str, ...]:
    """What the question's search has found that is not shown already."""
    if standing is None:
        return ()
    return tuple(each for each in standing.found[:CITED] if each.lower() not in shown)


def _label(paper: Paper) -> str:
    return f"PMID {paper.pmid}" if paper.pmid else f"doi:{paper.doi}"


def _cited(
    number: int, id_: str, paper: Paper | None, weigh: Callable[[Paper], Weighed], *, since: bool = False
) -> Cited:
    if paper is None:
        return Cited(number, id_)
    weight = weigh(paper)
    citation = cite(Evidence(paper, weight.level, weight.because, (), 0.0))
    return Cited(
        number,
        id_,
        citation.text,
        safe_link(citation.url),
        int(weight.level),
        weight.because,
        retracted=paper.retracted,
        since=since,
    )

"""From queries to papers: every search is run, and of what it names only the papers not yet held are fetched.

    for fetched in fetch(queries(question), (pubmed, europe_pmc), known_ids=store.known, at_most=25):
        store.write(question, fetched)      # one transaction a batch

The papers come in batches, and the searches that named them come last, alone. So a caller that writes each
batch can be killed at any time: what it wrote is known and not fetched again, and a question whose searches
are written has all its papers. To go on, call again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from model.evidence.search import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from model.evidence.paper import Paper
    from model.evidence.search import Provider, Query, SearchResult

BATCH: Final = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One batch to write.

    Either `papers`, none of which the caller held, or at the very end `searches`, one a query and in their
    order. `missing` are ids that were asked for and for which no paper came: books, deleted or broken
    records, or too new for the index that stood in. `failures` say which index was given up since the last
    batch and why; an index that follows it answered in its place, as `SearchResult.provider` tells.
    """

    papers: tuple[Paper, ...] = ()
    missing: tuple[str, ...] = ()
    searches: tuple[SearchResult, ...] = ()
    failures: tuple[str, ...] = ()


def fetch(
    asked: Sequence[Query],
    providers: Sequence[Provider],
    *,
    known_ids: Callable[[Collection[str]], Collection[str]],
    at_most: int = 25,
    batch_size: int = BATCH,
) -> Iterator[Fetched]:
    """What the first index that works finds with the queries, at most so many papers a query.

    `providers` stand in the order of preference; all of them must give PMIDs as ids where a paper has one,
    and DOIs in lower case where not. `known_ids` is asked once, with all ids that the searches named, and
    answers with those that the caller holds; an id that it leaves out is fetched, even if it was before.

    Raises:
        ProviderError: No index is left that answers. What came until then stands; the searches did not come,
            so the question is still open.
    """
    indexes = _Indexes(providers)
    searches = tuple(
        indexes.answer(lambda index, query=query: index.search(query, at_most=at_most))  # type: ignore[misc]
        for query in asked
    )
    named = tuple(dict.fromkeys(each for search in searches for each in search.ids))
    held = frozenset(known_ids(named)) if named else frozenset()
    wanted = [each for each in named if each not in held]
    yield from _batches(indexes, wanted, batch_size)
    yield Fetched(searches=searches, failures=indexes.reported())


def fetch_papers(
    ids: Sequence[str], providers: Sequence[Provider], *, batch_size: int = BATCH
) -> Iterator[Fetched]:
    """The papers of these ids from the first index that works, in batches.

    Raises:
        ProviderError: No index is left that answers. What came until then stands.
    """
    yield from _batches(_Indexes(providers), tuple(dict.fromkeys(ids)), batch_size)


def _batches(indexes: _Indexes, wanted: Sequence[str], batch_size: int) -> Iterator[Fetched]:
    given: set[str] = set()
    for start in range(0, len(wanted), batch_size):
        ids = wanted[start : start + batch_size]
        came = indexes.answer(lambda index, ids=ids: tuple(index.papers(ids)))  # type: ignore[misc]
        papers = tuple(paper for paper in came if _new(paper, given))
        missing = tuple(each for each in ids if each not in given)
        yield Fetched(papers, missing, failures=indexes.reported())


class _Indexes:
    """The indexes that still work, the preferred first; one that fails is given up."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._left = list(providers)
        self._failures: list[str] = []
        self._reported = 0

    def answer(self, ask: Callable[[Provider], T]) -> T:
        while self._left:
            try:
                return ask(self._left[0])
            except ProviderError as error:
                self._failures.append(str(error))
                del self._left[0]
        raise ProviderError("; ".join(self._failures) or "there is no index to ask")

    def reported(self) -> tuple[str, ...]:
        """The failures since the last time they were asked for."""
        new = tuple(self._failures[self._reported :])
        self._reported += len(new)
        return new


def _new(paper: Paper, given: set[str]) -> bool:
    """Whether the paper has not been given yet; two records of PubMed may share a DOI and are two papers."""
    if (paper.pmid or paper.doi) in given:
        return False
    given |= {each for each in (paper.pmid, paper.doi) if each is not None}
    return True

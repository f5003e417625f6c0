"""PubMed by NCBI's E-utilities: esearch finds PMIDs, efetch gives the records.

A search for many papers leaves its result on the history server and reads the ids there page by page; where
the server no longer knows it, they are asked for in one list. The history has the same ceiling as a search.
https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from model.evidence.lenient_json import items, members, parsed, string
from model.evidence.plain_text import LONGEST_NAME, plain, pmid_of
from model.evidence.pubmed_xml import read
from model.evidence.search import ProviderError, SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from model.evidence.paper import Paper
    from model.evidence.search import Query
    from model.evidence.transport import Transport

NAME: Final = "PubMed"
BASE_URL: Final = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
TOOL: Final = "apposite"
MOST_RECORDS: Final = 9_999
"""PubMed names no more papers than these for a query, however many it has."""

_BATCH: Final = 200
_PAGE: Final = 1_000
"""Ids of one page; a search for no more needs no history."""
_NO_HISTORY: Final = "PubMed no longer knew the search; it was made again"
_LONGEST_TRANSLATION: Final = 8_000
_MOST_NOTES: Final = 50
_LISTS: Final = (
    ("errorlist", "phrasesnotfound", "phrase not found"),
    ("errorlist", "fieldsnotfound", "field not found"),
    ("warninglist", "phrasesignored", "phrase ignored"),
    ("warninglist", "quotedphrasesnotfound", "quoted phrase not found"),
    ("warninglist", "outputmessages", "message"),
)


class PubMed:
    """PubMed as a `Provider`; its ids are PMIDs.

    NCBI asks every program for its name and an `email` to write to. An `api_key` allows ten requests a
    second instead of three.
    """

    name = NAME

    def __init__(
        self,
        transport: Transport,
        *,
        email: str,
        api_key: str | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._transport = transport
        self._always = {"db": "pubmed", "tool": TOOL, "email": email}
        if api_key:
            self._always["api_key"] = api_key
        self._today = today

    def search(self, query: Query, *, at_most: int) -> SearchResult:
        """The papers that a query finds, by PubMed's "best match" (see `Provider`)."""
        wanted = min(at_most, MOST_RECORDS)
        found = self._searched(query, wanted, history=wanted > _PAGE)
        total = _total(found)
        ids, notes = _ids(found), _notes(found)
        if wanted > _PAGE and total > _PAGE:
            rest = self._rest(found, min(wanted, total))
            if rest is None:
                ids, notes = _ids(self._searched(query, wanted, history=False)), (*notes, _NO_HISTORY)
            else:
                ids = tuple(dict.fromkeys((*ids, *rest)))
        if min(at_most, total) > MOST_RECORDS:
            notes = (*notes, f"PubMed names at most {MOST_RECORDS:,} papers")
        return SearchResult(
            query=query,
            provider=self.name,
            translation=plain(string(found.get("querytranslation")), _LONGEST_TRANSLATION) or None,
            total=total,
            ids=ids[:wanted],
            searched_on=self._today(),
            notes=notes,
        )

    def _searched(self, query: Query, wanted: int, *, history: bool) -> dict[str, Any]:
        """What esearch finds: all ids that are wanted, or with a history the first page of them."""
        fields = {"term": query.text, "sort": "relevance", "retmode": "json"}
        fields |= {"retmax": str(_PAGE), "usehistory": "y"} if history else {"retmax": str(wanted)}
        return self._transport.post("esearch.fcgi", self._always | fields, _found)

    def _rest(self, found: Mapping[str, Any], wanted: int) -> list[str] | None:
        """The ids after the first page, in the order of the search; `None` where the history fails.

        What it gives is taken only if it is whole: an expired history must not shorten a result.
        """
        kept = {"WebEnv": string(found.get("webenv")), "query_key": string(found.get("querykey"))}
        if not all(kept.values()):
            return None
        ids: list[str] = []
        for start in range(_PAGE, wanted, _PAGE):
            size = min(_PAGE, wanted - start)
            fields = {"retstart": str(start), "retmax": str(size), "rettype": "uilist", "retmode": "text"}
            try:
                page = self._transport.post("efetch.fcgi", self._always | kept | fields, _page)
            except ProviderError:
                return None
            if len(page) != size:
                return None
            ids += page
        return ids

    def papers(self, ids: Sequence[str]) -> Iterator[Paper]:
        """The papers of these PMIDs, 200 a request; an id of another kind has none here (see `Provider`)."""
        wanted = dict.fromkeys(each for each in ids if pmid_of(each) == each)
        asked = list(wanted)
        for start in range(0, len(asked), _BATCH):
            fields = {"id": ",".join(asked[start : start + _BATCH]), "retmode": "xml"}
            for paper in self._transport.post("efetch.fcgi", self._always | fields, read).papers:
                if paper.pmid in wanted:
                    del wanted[paper.pmid]
                    yield paper


def _found(body: bytes) -> dict[str, Any]:
    """What esearch found.

    Raises:
        ProviderError: It says that it failed, or it is no reply of esearch.
    """
    found = parsed(body, NAME).get("esearchresult")
    if not isinstance(found, dict):
        raise ProviderError("PubMed: the reply is no result of a search")
    if "ERROR" in found:
        raise ProviderError("PubMed: the search failed")
    _total(found)
    return found


def _page(body: bytes) -> tuple[str, ...]:
    """The PMIDs of a page of the history, one a line; none where it says something else."""
    ids = [pmid_of(line) for line in body.decode("utf-8", "replace").split()]
    return tuple(each for each in ids if each) if all(ids) else ()


def _ids(found: Mapping[str, Any]) -> tuple[str, ...]:
    named = (pmid_of(string(each)) for each in items(found.get("idlist")))
    return tuple(dict.fromkeys(each for each in named if each))


def _total(found: Mapping[str, Any]) -> int:
    written = string(found.get("count"))
    if not (written.isascii() and written.isdigit() and len(written) < 12):  # noqa: PLR2004 - no count is longer
        raise ProviderError("PubMed: the result of the search has no count")
    return int(written)


def _notes(found: Mapping[str, Any]) -> tuple[str, ...]:
    """What PubMed says of a query that it did not take as it stands."""
    said = (
        f"{kind}: {text}"
        for place, member, kind in _LISTS
        for each in items(members(found.get(place)).get(member))
        if (text := plain(string(each), LONGEST_NAME))
    )
    return tuple(dict.fromkeys(said))[:_MOST_NOTES]

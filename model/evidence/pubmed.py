"""PubMed by NCBI's E-utilities: esearch finds PMIDs, efetch gives the records.

The history server is not used: so few ids are asked for that they fit into a request, and it has the same
ceiling. https://www.ncbi.nlm.nih.gov/books/NBK25499/
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
        fields = {"term": query.text, "retmax": str(wanted), "sort": "relevance", "retmode": "json"}
        found = self._transport.post("esearch.fcgi", self._always | fields, _found)
        total = _total(found)
        ids = dict.fromkeys(pmid for each in items(found.get("idlist")) if (pmid := pmid_of(string(each))))
        notes = _notes(found)
        if min(at_most, total) > MOST_RECORDS:
            notes = (*notes, f"PubMed names at most {MOST_RECORDS:,} papers")
        return SearchResult(
            query=query,
            provider=self.name,
            translation=plain(string(found.get("querytranslation")), _LONGEST_TRANSLATION) or None,
            total=total,
            ids=tuple(ids)[:wanted],
            searched_on=self._today(),
            notes=notes,
        )

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

"""Europe PMC by its REST service: the same papers as PubMed, asked when PubMed does not answer.

Its syntax is another, so a query is translated and the result shows it as it was asked. Of what it has beyond
PubMed, articles with full text are taken and preprints, patents and books are not.
https://europepmc.org/RestfulWebService
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from model.evidence.boolean import QueryError, europe_pmc_query
from model.evidence.lenient_json import items, members, parsed, string
from model.evidence.markup import sections_of, text_of
from model.evidence.paper import Paper
from model.evidence.plain_text import (
    LONGEST_NAME,
    LONGEST_TITLE,
    MOST_NAMES,
    doi_of,
    plain,
    pmid_of,
    withdrawn,
    year_of,
)
from model.evidence.search import ProviderError, Query, SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from model.evidence.transport import Transport

NAME: Final = "Europe PMC"
BASE_URL: Final = "https://www.ebi.ac.uk/europepmc/webservices/rest"
ARTICLES: Final = "(SRC:MED OR SRC:PMC)"

_SEARCH: Final = "searchPOST"
_PAGE: Final = 1_000
_BATCH: Final = 100
_SEVERAL: Final = 3
"""A DOI may stand in more than one record, so a page has room for more records than ids were asked for."""


class EuropePmc:
    """Europe PMC as a `Provider`; its ids are PMIDs, and DOIs of papers that have none."""

    name = NAME

    def __init__(self, transport: Transport, *, today: Callable[[], date] = date.today) -> None:
        self._transport = transport
        self._today = today

    def search(self, query: Query, *, at_most: int) -> SearchResult:
        """The papers that a query finds, by Europe PMC's relevance (see `Provider`)."""
        try:
            asked = f"({europe_pmc_query(query.text)}) AND {ARTICLES}"
        except QueryError:
            raise ProviderError(f"{NAME}: the query cannot be translated") from None
        ids: dict[str, None] = {}
        cursor, more = "*", True
        while more:
            fields = {
                "query": asked,
                "resultType": "lite",
                "synonym": "true",
                "pageSize": str(min(_PAGE, at_most)),
                "cursorMark": cursor,
                "format": "json",
            }
            page = self._transport.post(_SEARCH, fields, _page)
            had, cursor = len(ids), string(page.get("nextCursorMark"))
            records = items(page["resultList"].get("result"))
            ids |= {found: None for each in records if (found := _id(members(each))) is not None}
            more = had < len(ids) < at_most and cursor != ""
        return SearchResult(
            Query(query.kind, asked), self.name, None, page["hitCount"], tuple(ids)[:at_most], self._today()
        )

    def papers(self, ids: Sequence[str]) -> Iterator[Paper]:
        """The papers of these PMIDs and DOIs, a hundred a request (see `Provider`)."""
        wanted = dict.fromkeys(each for each in ids if each in {pmid_of(each), doi_of(each)})
        asked = list(wanted)
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            fields = {
                "query": " OR ".join(map(_named, batch)),
                "resultType": "core",
                "pageSize": str(_SEVERAL * len(batch)),
                "cursorMark": "*",
                "format": "json",
            }
            for paper in self._transport.post(_SEARCH, fields, read):
                found = [each for each in (paper.pmid, paper.doi) if each in wanted]
                for each in found:
                    del wanted[each]
                if found:
                    yield paper


def read(body: bytes) -> tuple[Paper, ...]:
    """The papers of a reply with core records; books and records without title or id are left out.

    Raises:
        ProviderError: It is no such reply.
    """
    records = items(_page(body)["resultList"].get("result"))
    return tuple(paper for each in records if (paper := _paper(members(each))) is not None)


def _page(body: bytes) -> dict[str, Any]:
    page = parsed(body, NAME)
    if "errCode" in page or "errMsg" in page:
        raise ProviderError(f"{NAME}: the search failed")
    total = page.get("hitCount")
    if not isinstance(total, int) or total < 0 or not isinstance(page.get("resultList"), dict):
        raise ProviderError(f"{NAME}: the reply is no result of a search")
    return page


def _named(an_id: str) -> str:
    return f"(EXT_ID:{an_id} AND SRC:MED)" if pmid_of(an_id) else f'DOI:"{an_id}"'


def _id(record: Mapping[str, Any]) -> str | None:
    return pmid_of(string(record.get("pmid"))) or doi_of(string(record.get("doi")))


def _paper(record: Mapping[str, Any]) -> Paper | None:
    title = plain(text_of(string(record.get("title"))), LONGEST_TITLE)
    if _id(record) is None or not title or "bookOrReportDetails" in record:
        return None
    journal = members(record.get("journalInfo"))
    types = _names(members(record.get("pubTypeList")).get("pubType"))
    authors = items(members(record.get("authorList")).get("author"))
    headings = items(members(record.get("meshHeadingList")).get("meshHeading"))
    corrections = items(members(record.get("commentCorrectionList")).get("commentCorrection"))
    return Paper(
        pmid=pmid_of(string(record.get("pmid"))),
        doi=doi_of(string(record.get("doi"))),
        title=title,
        abstract=sections_of(string(record.get("abstractText"))),
        journal=plain(string(members(journal.get("journal")).get("title")), LONGEST_NAME) or None,
        year=year_of(string(record.get("pubYear")), string(journal.get("dateOfPublication"))),
        authors=_authors(authors),
        publication_types=types,
        mesh=_names([members(each).get("descriptorName") for each in headings]),
        language=plain(string(record.get("language")), LONGEST_NAME) or None,
        retracted=withdrawn(title, types)
        or any(string(members(each).get("type")).lower().startswith("retract") for each in corrections),
    )


def _authors(authors: Sequence[object]) -> tuple[str, ...]:
    names = (
        string(members(each).get("lastName")) or string(members(each).get("collectiveName"))
        for each in authors[:MOST_NAMES]
    )
    return tuple(name for each in names if (name := plain(text_of(each), LONGEST_NAME)))


def _names(values: object) -> tuple[str, ...]:
    found = dict.fromkeys(plain(text_of(string(each)), LONGEST_NAME) for each in items(values)[:MOST_NAMES])
    return tuple(each for each in found if each)

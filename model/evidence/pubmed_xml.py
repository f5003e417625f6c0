"""PubMed's XML as papers: a `PubmedArticleSet`, read without trust in it.

No entity is resolved and nothing is fetched; PubMed's own DOCTYPE is accepted, a declaration of an entity is
not. A record that is broken costs itself only.
https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from model.evidence.paper import Paper
from model.evidence.plain_text import (
    LONGEST_NAME,
    LONGEST_TITLE,
    MOST_NAMES,
    MOST_SECTIONS,
    doi_of,
    plain,
    pmid_of,
    section,
    withdrawn,
    year_of,
)
from model.evidence.search import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from xml.etree.ElementTree import Element

    from model.evidence.paper import Section

_SET: Final = "PubmedArticleSet"
_OPENS: Final = b"<PubmedArticle>"
_CLOSES: Final = b"</PubmedArticle>"
_END: Final = re.compile(rb"</PubmedArticleSet\s*>\s*\Z")
_TAIL: Final = 1_000
_RETRACTIONS: Final = frozenset({"RetractionIn", "RetractionOf", "RetractedandRepublishedIn"})


@dataclass(frozen=True, slots=True)
class Reply:
    """The papers of a reply in its order, and how many of its records were left out, by the reason.

    `deleted` are the PMIDs that PubMed says it has removed.
    """

    papers: tuple[Paper, ...]
    books: int = 0
    broken: int = 0
    deleted: tuple[str, ...] = field(default=())


def read(body: bytes) -> Reply:
    """The papers of an efetch reply.

    Raises:
        ProviderError: It is no such reply, it declares entities, or it was cut off.
    """
    try:
        root: Element = fromstring(body)
    except DefusedXmlException:
        raise ProviderError("PubMed: the XML declares entities") from None
    except (ParseError, ValueError, LookupError):
        return _read_apart(body)
    if root.tag != _SET:
        raise ProviderError("PubMed: the reply is no set of articles")
    return _reply(root)


def _read_apart(body: bytes) -> Reply:
    """The articles of a complete set that is not well-formed, read one by one."""
    if _END.search(body[-_TAIL:]) is None:
        raise ProviderError("PubMed: the XML is not well-formed")
    whole, broken = [], 0
    for piece in body.split(_CLOSES)[:-1]:
        opened = piece.count(_OPENS)
        try:
            whole.append(fromstring(piece[piece.rindex(_OPENS) :] + _CLOSES))
            broken += opened - 1
        except (DefusedXmlException, ParseError, ValueError, LookupError):
            broken += max(opened, 1)
    if not whole:
        raise ProviderError("PubMed: the XML is not well-formed")
    found = _reply(whole)
    return Reply(found.papers, found.books, found.broken + broken, found.deleted)


def _reply(records: Iterable[Element]) -> Reply:
    papers, books, broken, deleted = [], 0, 0, []
    for record in records:
        if record.tag == "PubmedBookArticle":
            books += 1
        elif record.tag == "DeleteCitation":
            deleted += [pmid for each in record.iter("PMID") if (pmid := pmid_of(each.text))]
        elif record.tag == "PubmedArticle" and (paper := _paper(record)) is not None:
            papers.append(paper)
        else:
            broken += 1
    return Reply(tuple(papers), books, broken, tuple(deleted))


def _paper(record: Element) -> Paper | None:
    """The paper of one record; `None` where it has no article, no id or no title."""
    article = record.find("MedlineCitation/Article")
    if article is None:
        return None
    pmid = pmid_of(record.findtext("MedlineCitation/PMID"))
    doi = _doi(record, article)
    title = _text(article.find("ArticleTitle"), LONGEST_TITLE) or _text(
        article.find("VernacularTitle"), LONGEST_TITLE
    )
    if (pmid is None and doi is None) or not title:
        return None
    types = _texts(article.iterfind("PublicationTypeList/PublicationType"))
    corrections = record.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    return Paper(
        pmid=pmid,
        doi=doi,
        title=title,
        abstract=_abstract(article),
        journal=_text(article.find("Journal/Title"), LONGEST_NAME)
        or _text(article.find("Journal/ISOAbbreviation"), LONGEST_NAME)
        or None,
        year=_year(article),
        authors=_authors(article),
        publication_types=types,
        mesh=_texts(record.iterfind("MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName")),
        language=_text(article.find("Language"), LONGEST_NAME) or None,
        retracted=withdrawn(title, types) or any(each.get("RefType") in _RETRACTIONS for each in corrections),
    )


def _doi(record: Element, article: Element) -> str | None:
    """The article's own DOI: those of its references stand elsewhere in the record."""
    places: tuple[tuple[Iterable[Element], Callable[[Element], bool]], ...] = (
        (record.iterfind("PubmedData/ArticleIdList/ArticleId"), lambda each: each.get("IdType") == "doi"),
        (
            article.iterfind("ELocationID"),
            lambda each: each.get("EIdType") == "doi" and each.get("ValidYN", "Y") == "Y",
        ),
    )
    found = (doi_of(each.text) for elements, fits in places for each in elements if fits(each))
    return next((doi for doi in found if doi is not None), None)


def _abstract(article: Element) -> tuple[Section, ...]:
    texts = list(article.iterfind("Abstract/AbstractText"))[:MOST_SECTIONS]
    parts = (section(each.get("Label"), "".join(each.itertext())) for each in texts)
    return tuple(part for part in parts if part is not None)


def _year(article: Element) -> int | None:
    issue = article.find("Journal/JournalIssue/PubDate")
    written = () if issue is None else (issue.findtext("Year"), issue.findtext("MedlineDate"))
    return year_of(*written, article.findtext("ArticleDate/Year"))


def _authors(article: Element) -> tuple[str, ...]:
    authors = [each for each in article.iterfind("AuthorList/Author") if each.get("ValidYN", "Y") == "Y"]
    names = (
        _text(each.find("LastName"), LONGEST_NAME) or _text(each.find("CollectiveName"), LONGEST_NAME)
        for each in authors[:MOST_NAMES]
    )
    return tuple(name for name in names if name)


def _texts(elements: Iterable[Element]) -> tuple[str, ...]:
    found = dict.fromkeys(_text(each, LONGEST_NAME) for each in elements)
    return tuple(each for each in found if each)[:MOST_NAMES]


def _text(element: Element | None, longest: int) -> str:
    """All text inside an element, that of inline markup included."""
    return "" if element is None else plain("".join(element.itertext()), longest)

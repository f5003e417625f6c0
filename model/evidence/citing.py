"""A paper as it is cited: who, what, where, when, its level, and a link that its own words cannot shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from model.assessment import Citation

if TYPE_CHECKING:
    from model.evidence.paper import Evidence, Paper

_NAMED: Final = 2
"""So many authors are named; of more, the first."""


def cite(evidence: Evidence) -> Citation:
    """The short citation of a paper, as plain text, with its address in PubMed, or by its DOI."""
    paper = evidence.paper
    url = (
        f"https://pubmed.ncbi.nlm.nih.gov/{quote(paper.pmid, safe='')}/"
        if paper.pmid
        else f"https://doi.org/{quote(paper.doi or '')}"
    )
    return Citation(
        text=short_citation(paper),
        year=paper.year,
        url=url,
        level=int(evidence.level),
        level_by=evidence.level_by,
        id=f"PMID {paper.pmid}" if paper.pmid else f"doi:{paper.doi}",
    )


def short_citation(paper: Paper) -> str:
    """First author et al., title, journal and year; what is not known is left out."""
    authors = f"{paper.authors[0]} et al." if len(paper.authors) > _NAMED else " and ".join(paper.authors)
    published = ", ".join(str(part) for part in (paper.journal, paper.year) if part)
    parts = (authors.rstrip("."), paper.title.strip().rstrip("."), published)
    return ". ".join(part for part in parts if part)

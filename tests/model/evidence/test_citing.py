"""How a paper is cited."""

import pytest

from model.evidence.citing import cite, short_citation
from model.evidence.paper import Evidence, EvidenceLevel, Paper


def evidence(**members):
    paper = Paper(**{"pmid": "1", "doi": "10.1/a", "title": "A title.", **members})
    return Evidence(paper, EvidenceLevel.MODERATE, (), (), 1.0)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "A title"),
        ({"authors": ("Rossi",), "journal": "J", "year": 2020}, "Rossi. A title. J, 2020"),
        ({"authors": ("Rossi", "Bianchi")}, "Rossi and Bianchi. A title"),
        ({"authors": ("Rossi", "Bianchi", "Verdi"), "year": 2020}, "Rossi et al. A title. 2020"),
    ],
)
def test_a_citation_says_what_is_known(members, text):
    """First author, title, journal, year; nothing stands for what is unknown."""
    assert short_citation(evidence(**members).paper) == text


@pytest.mark.parametrize(
    ("members", "name", "url"),
    [
        ({}, "PMID 1", "https://pubmed.ncbi.nlm.nih.gov/1/"),
        ({"pmid": None}, "doi:10.1/a", "https://doi.org/10.1/a"),
        (
            {"pmid": None, "doi": "10.1/(a)<b> c"},
            "doi:10.1/(a)<b> c",
            "https://doi.org/10.1/%28a%29%3Cb%3E%20c",
        ),
    ],
)
def test_the_link_is_made_of_the_id_alone(members, name, url):
    """PubMed where the paper has a PMID, else its DOI, with every character in its place."""
    citation = cite(evidence(**members))
    assert (citation.id, citation.url, citation.level) == (name, url, 3)

"""That a question's papers come once each, none retracted, and the best first."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from model.evidence.paper import EvidenceQuestion, Paper
from model.evidence.rank import about, unique
from tests.model.evidence.papers import THIS_YEAR, paper

QUESTION = EvidenceQuestion("Acute appendicitis", "us-abdomen", ("appendicitis",))
TITLE = "Ultrasound of the abdomen in acute appendicitis"
REVIEW = paper(TITLE, pmid="11", doi="10.1/review", year=2020, publication_types=("Meta-Analysis",))
RECORDS = paper(f"{TITLE}: charts", "A retrospective study.", pmid="12", year=2024)
OLDER = paper(f"{TITLE}: more charts", "A retrospective study.", pmid="13", year=2019)
FARTHER = paper(
    "Emergency imaging",
    "A retrospective study of ultrasound of the abdomen. Some had appendicitis.",
    pmid="14",
    year=2025,
)


def test_order():
    """Papers come by level, then closeness, then year, however they were handed in."""
    for papers in itertools.permutations((FARTHER, OLDER, RECORDS, REVIEW)):
        found = about(papers, QUESTION, this_year=THIS_YEAR)
        assert [each.paper.pmid for each in found.evidence] == ["11", "12", "13", "14"]
        assert found.retracted == ()


@pytest.mark.parametrize(
    "doi", ["10.1/REVIEW", "https://doi.org/10.1/review", "doi:10.1/Review", "http://dx.doi.org/10.1/review"]
)
def test_same_doi_is_one_paper(doi):
    """A DOI is the same in any letters and with any prefix."""
    twin = dataclasses.replace(REVIEW, pmid=None, doi=doi, title="Another title")
    assert len(about((twin, REVIEW), QUESTION).evidence) <= 1
    assert len(unique((twin, REVIEW))) == 1


def test_preprint_twins():
    """A preprint is its paper where the titles are alike and the years are next to each other."""
    preprint = dataclasses.replace(REVIEW, pmid=None, doi="10.9/pre", title=f"{TITLE.upper()}.", year=2019)
    assert unique((preprint, REVIEW)) == ((REVIEW, preprint),)
    assert len(unique((dataclasses.replace(preprint, year=2017), REVIEW))) == 2


def test_retracted_is_left_out_and_counted():
    """A retracted paper is never in the result, nor its twin; it is counted."""
    gone = dataclasses.replace(REVIEW, retracted=True)
    twin = dataclasses.replace(REVIEW, pmid=None)
    found = about((twin, RECORDS, gone), QUESTION)
    assert [each.paper.pmid for each in found.evidence] == ["12"]
    assert len(found.retracted) == 1
    assert not about((gone,), QUESTION).evidence


def test_nothing_on_the_question():
    """Papers that are about something else give an empty result."""
    assert about((paper("Ultrasound of the thyroid"),), QUESTION).evidence == ()


def test_a_notice_that_names_neither_condition_nor_study_still_withdraws() -> None:
    """A notice under the same PMID withdraws the paper whatever its own words are."""
    trial = Paper("1", None, "CT in appendicitis: a randomised trial", year=2018)
    notice = Paper("1", None, "Notice of withdrawal", retracted=True)
    ranked = about([trial, notice], EvidenceQuestion("appendicitis", "ct-abdomen-w"))
    assert ranked.evidence == ()
    assert ranked.retracted == (trial,)

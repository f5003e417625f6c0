"""Papers in order, each once, none that was retracted."""

from __future__ import annotations

from dataclasses import replace

from model.evidence.paper import EvidenceQuestion, Paper
from model.evidence.rank import about, unique

CT = "ct-abdomen-w"
QUESTION = EvidenceQuestion("appendicitis", CT)
TRIAL = Paper("1", "10.1000/A", "CT in appendicitis: a randomised trial", year=2018)
REVIEW = Paper("2", None, "CT in appendicitis: a retrospective study", year=2020)


def test_the_higher_level_comes_first() -> None:
    """Level goes before year."""
    assert [each.paper for each in about([REVIEW, TRIAL], QUESTION).evidence] == [TRIAL, REVIEW]


def test_a_doi_is_the_same_with_and_without_its_prefix() -> None:
    """Case and address of a DOI make no other paper."""
    for written in ("https://doi.org/10.1000/a", "http://dx.doi.org/10.1000/a", "doi:10.1000/a"):
        assert len(unique([TRIAL, Paper(None, written, "Another title")])) == 1


def test_a_preprint_and_its_paper_are_one() -> None:
    """The same title within a year is the same paper; the record with a PMID stands for it."""
    preprint = Paper(None, "10.1101/x", TRIAL.title.upper(), year=2017)
    assert unique([preprint, TRIAL]) == ((TRIAL, preprint),)
    assert len(unique([replace(preprint, year=2015), TRIAL])) == len([preprint, TRIAL])


def test_a_retracted_twin_withdraws_the_paper() -> None:
    """A paper retracted under any of its records is not cited, and is named as retracted."""
    notice = Paper(None, "10.1000/a", TRIAL.title, year=2019, retracted=True)
    ranked = about([TRIAL, notice, REVIEW], QUESTION)
    assert [each.paper for each in ranked.evidence] == [REVIEW]
    assert ranked.retracted == (TRIAL,)


def test_a_retraction_that_names_neither_part_still_withdraws() -> None:
    """A notice under the same PMID withdraws the paper whatever its own words are."""
    notice = Paper("1", None, "Notice of withdrawal", retracted=True)
    assert about([TRIAL, notice], QUESTION).evidence == ()


def test_each_paper_stands_once() -> None:
    """Two records of a paper give one piece of evidence."""
    assert len(about([TRIAL, TRIAL], QUESTION).evidence) == 1

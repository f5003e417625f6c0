"""How papers are weighed, against invented records labelled by hand before the patterns were read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.evidence.paper import Paper, Section
from model.evidence.weigh import Weighed, design_of, features_of, weighed

VECTORS = json.loads(Path("tests/vectors/evidence-levels.json").read_text(encoding="utf-8"))
RECORDS = VECTORS["records"]
THIS_YEAR = 2026
UNSEEN_AGREED = 46
"""Of the 50 records that no pattern was mended on, how many have the labelled level."""


def paper(
    title: str, abstract: str = "", *, types: tuple[str, ...] = (), mesh: tuple[str, ...] = ()
) -> Paper:
    return Paper("1", None, title, (Section(None, abstract),), publication_types=types, mesh=mesh)


def weighed_record(record: dict[str, Any]) -> Weighed:
    abstract = tuple(Section(each["label"], each["text"]) for each in record["abstract"])
    types = tuple(record["publication_types"])
    invented = Paper(
        record["id"], None, record["title"], abstract, year=record["year"], publication_types=types
    )
    return weighed(invented, this_year=THIS_YEAR)


@pytest.mark.parametrize(
    "record", [each for each in RECORDS if each["set"] == "work"], ids=lambda record: record["id"]
)
def test_a_record_of_the_work_set_has_its_labelled_level_and_design(record: dict[str, Any]) -> None:
    """Level and design are those that the hand gave."""
    found = weighed_record(record)
    assert (found.level, found.design) == (record["expect"]["level"], record["expect"]["design"])


def test_the_unseen_records_agree_as_reported() -> None:
    """The number of unseen records with the labelled level is the one the results page gives."""
    unseen = [each for each in RECORDS if each["set"] == "unseen"]
    assert sum(weighed_record(each).level == each["expect"]["level"] for each in unseen) == UNSEEN_AGREED


def test_every_flag_is_explained_and_used() -> None:
    """The flags of the records are those that the file explains."""
    assert {flag for each in RECORDS for flag in each["flags"]} == set(VECTORS["flags"])


@pytest.mark.parametrize(
    ("text", "design"),
    [
        ("This retrospective study was not randomized.", "retrospective"),
        ("We drew 40 randomly selected records in a cohort.", "cohort"),
        ("A retrospective look at a prospectively maintained database.", "retrospective"),
        ("A cohort. A randomised trial would be welcome.", "cohort"),
    ],
)
def test_words_that_deny_a_design_tell_none(text: str, design: str) -> None:
    """A design that is denied, wished for or another's is not the paper's."""
    assert design_of(paper("Chest imaging", text)).id == design


def test_a_letter_with_data_is_a_letter() -> None:
    """The publication type of an opinion goes before the words of a trial."""
    letter = paper("Chest CT", "Patients were randomised to CT.", types=("Letter",))
    assert design_of(letter).id == "commentary"


def test_animals_without_humans_are_a_laboratory_study() -> None:
    """The index's heading on animals alone stands against the words of a prospective study."""
    assert design_of(paper("Clips", "A prospective study.", mesh=("Animals",))).id == "laboratory"
    assert design_of(paper("Clips", "A prospective study.", mesh=("Animals", "Humans"))).id == "prospective"


def test_specific_is_no_confidence_interval() -> None:
    """An interval is read as a word of its own, in capitals."""
    assert not features_of(paper("A specific sign", "The ci of the specific sign.")).intervals
    assert features_of(paper("A sign", "Accuracy 91% (95% CI 88-94).")).intervals


@pytest.mark.parametrize(("year", "level"), [(2006, 3), (2007, 4)])
def test_age_lowers_from_twenty_years(year: int, level: int) -> None:
    """A paper of twenty years is lowered, one of nineteen is not."""
    trial = Paper("1", None, "A randomised trial", year=year)
    assert weighed(trial, this_year=THIS_YEAR).level == level

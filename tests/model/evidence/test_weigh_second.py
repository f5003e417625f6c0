"""How papers are weighed, against invented records that a second hand wrote and labelled apart from the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.evidence.paper import Paper, Section
from model.evidence.weigh import Weighed, weighed

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "evidence-levels-second.json").read_text(encoding="utf-8")
)
RECORDS = VECTORS["records"]
THIS_YEAR = 2026
UNSEEN_AGREED = 46
"""Of the 50 records that no pattern was mended on, how many have the labelled level."""


def weighed_record(record: dict[str, Any]) -> Weighed:
    """The record as weighed this year."""
    abstract = tuple(Section(each["label"], each["text"]) for each in record["abstract"])
    types = tuple(record["publication_types"])
    paper = Paper(record["id"], None, record["title"], abstract, year=record["year"], publication_types=types)
    return weighed(paper, this_year=THIS_YEAR)


@pytest.mark.parametrize(
    "record", [each for each in RECORDS if each["set"] == "work"], ids=lambda record: record["id"]
)
def test_a_record_of_the_work_set_has_its_labelled_level_and_design(record: dict[str, Any]) -> None:
    """Level and design are those that the hand gave."""
    found = weighed_record(record)
    assert (found.level, found.design) == (record["expect"]["level"], record["expect"]["design"])


def test_as_many_unseen_records_agree_as_were_counted() -> None:
    """The number of unseen records with the labelled level is the one that was measured."""
    unseen = [each for each in RECORDS if each["set"] == "unseen"]
    assert sum(weighed_record(each).level == each["expect"]["level"] for each in unseen) == UNSEEN_AGREED


def test_every_flag_is_explained_and_used() -> None:
    """The flags of the records are those that the file explains."""
    assert {flag for each in RECORDS for flag in each["flags"]} == set(VECTORS["flags"])

"""What the library covers: every figure can be counted again from the topics and the tables."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache

import pytest

from model.guideline.coverage import FREQUENT, Coverage, coverage
from model.guideline.library import Library, library
from terminology.findings import vocabulary
from terminology.icd10cm import icd10cm
from terminology.procedures import catalogue


@cache
def covered() -> Coverage:
    return coverage(library(), vocabulary(), catalogue())


def only(topic: str) -> Coverage:
    return coverage(Library({topic: library().topics[topic]}, "one"), vocabulary(), catalogue())


def test_totals_are_the_librarys() -> None:
    """Topics, variants and ratings are all counted."""
    topics = library().topics.values()
    variants = [variant for topic in topics for variant in topic.variants]
    assert covered().totals["topics"] == len(topics)
    assert covered().totals["variants"] == len(variants)
    assert covered().totals["ratings"] == sum(len(variant.ratings) for variant in variants)


def test_codes_of_a_topic_lead_to_it() -> None:
    """Every code that is listed under a topic states a finding that brings the topic in."""
    for topic in covered().topics:
        assert topic.findings, topic.id
        for code in topic.icd10cm:
            stated = {finding for finding, _ in vocabulary().of_icd10cm(code)}
            assert stated & set(topic.findings), f"{topic.id}: {code}"
        for code in topic.snomed:
            assert vocabulary().of_snomed(code), f"{topic.id}: {code}"


def test_narrower_findings_lead_to_a_topic_too() -> None:
    """What implies an indication brings its topic in, with its codes."""
    (topic,) = only("headache").topics
    assert "thunderclap-headache" in topic.findings
    assert "25064002" in topic.snomed
    assert "R51" in {code[:3] for code in topic.icd10cm}


def test_every_billable_code_is_counted_once() -> None:
    """The chapters add up to the edition."""
    assert sum(chapter.codes for chapter in covered().chapters) == sum(1 for _ in icd10cm().billable())
    assert all(chapter.leading + chapter.raising <= chapter.codes for chapter in covered().chapters)


def test_smaller_library_leaves_more_uncovered() -> None:
    """A frequent heading whose only topic is taken away is listed, and one that is left is not."""
    uncovered = {heading.prefix for heading in only("headache").uncovered}
    assert "R51" not in uncovered
    assert "N20" in uncovered
    assert "N20" not in {heading.prefix for heading in covered().uncovered}


def test_procedures_nobody_rates_are_told() -> None:
    """Every procedure of the catalogue is rated by some topic or listed."""
    rated = {
        each for topic in library().topics.values() for variant in topic.variants for each in variant.ratings
    }
    assert set(covered().unrated) == {procedure.id for procedure in catalogue()} - rated


def test_handover_to_a_topic_that_is_not_held_is_told() -> None:
    """A topic that hands cases to one that is not there is listed with it."""
    assert only("headache").handed_over == (("headache", "head-trauma"),)
    assert ("headache", "head-trauma") not in covered().handed_over


def test_finding_that_nothing_states_is_told() -> None:
    """A finding that a condition asks for and that no code, word or result can state is listed."""
    fever = vocabulary()["fever"]
    mute = replace(vocabulary(), findings={**vocabulary().findings, "fever": _mute(fever)})
    asked = next(
        topic
        for topic in library().topics.values()
        if "fever" in str([variant.when for variant in topic.variants])
    )
    found = coverage(Library({asked.id: asked}, "one"), mute, catalogue())
    assert "fever" in found.unstated
    assert covered().unstated == ()


def _mute(finding):  # type: ignore[no-untyped-def]
    return type(finding)(finding.id, finding.name, finding.question)


def test_frequent_headings_are_headings_of_the_edition() -> None:
    """Each line of the list names a heading or code with billable codes, once."""
    with FREQUENT.open(encoding="utf-8", newline="") as file:
        prefixes = [row["prefix"] for row in csv.DictReader(file)]
    assert len(prefixes) == len(set(prefixes))
    for prefix in prefixes:
        assert icd10cm().title(prefix), prefix
        assert next(icd10cm().billable(prefix.replace(".", "")), None), prefix


@pytest.mark.parametrize("prefix", ["", "Z99", "ZZZ"])
def test_billable_codes_end_where_the_table_does(prefix: str) -> None:
    """All codes, the last ones, and none: a prefix never runs beyond the table."""
    codes = [code for code, _ in icd10cm().billable(prefix)]
    assert all(code.startswith(prefix) for code in codes)
    assert bool(codes) == (prefix != "ZZZ")

"""Every rating of the library beside the published facts where their file is present, else beside their digest."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from model.assessment import Rating
from model.guideline.fidelity import (
    DIGESTS,
    DigestsError,
    changed_since,
    compare,
    digest_of_ratings,
    digests,
    read_digests,
)
from model.guideline.imported_table import read_table
from model.guideline.library import library
from terminology.procedures import catalogue
from tests.licensed import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model.guideline.imported import ImportedTopic
    from model.guideline.topic import Topic, Variant

needs_facts = pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")


@cache
def published() -> tuple[ImportedTopic, ...]:
    return read_table(FACTS)


def headache_with(variant: Variant) -> Topic:
    """The headache topic, its first scenario replaced."""
    topic = library().topics["headache"]
    return replace(topic, variants=(variant, *topic.variants[1:]))


def first_variant() -> Variant:
    return library().topics["headache"].variants[0]


def without(procedure: str) -> Variant:
    ratings = {key: said for key, said in first_variant().ratings.items() if key != procedure}
    return replace(first_variant(), ratings=ratings)


def with_rating(procedure: str, rating: Rating) -> Variant:
    said = replace(first_variant().ratings[procedure], rating=rating)
    return replace(first_variant(), ratings={**first_variant().ratings, procedure: said})


@needs_facts
def test_ratings_are_the_published_ones() -> None:
    """Each variant rates exactly the published procedures, as published, but for what is meant to differ."""
    found = compare(library().topics.values(), published())
    assert [each for each in found if each.reason is None] == []


@needs_facts
def test_deliberate_differences_are_of_one_kind() -> None:
    """What is meant to differ is a region named for an "area of interest", rated as that is, and nothing else."""
    for each in compare(library().topics.values(), published()):
        assert each.procedure is not None
        replaced = each.ours is None and "area of interest" in catalogue()[each.procedure].name
        assert replaced or each.published is None, f"{each.topic}/{each.variant}: {each.procedure}"


@needs_facts
@pytest.mark.parametrize(
    "variant", [without("ct-head-wo"), with_rating("ct-head-wo", Rating.MAY_BE_APPROPRIATE)]
)
def test_lost_or_changed_rating_is_a_difference(variant: Variant) -> None:
    """A comparison that could not fail would be worth nothing."""
    (found,) = compare([headache_with(variant)], published())
    assert (found.topic, found.variant, found.procedure) == ("headache", variant.id, "ct-head-wo")
    assert found.reason is None


@needs_facts
def test_scenario_that_is_not_published_is_a_difference() -> None:
    """A scenario must name the published one that it is."""
    (found,) = compare([headache_with(replace(first_variant(), source_variant="99"))], published())
    assert (found.procedure, found.published) == (None, None)


def test_every_scenario_has_its_digest() -> None:
    """The kept digests are those of the library: renew them with `apposite guideline fidelity FACTS --write`."""
    assert digests(library().topics.values()) == DIGESTS.read_text(encoding="utf-8")


def test_library_is_what_was_compared() -> None:
    """No scenario's ratings differ from those that were compared with the source."""
    assert [problem for topic in library().topics.values() for problem in changed_since(topic)] == []


@pytest.mark.parametrize(
    ("variant", "rule"),
    [
        (without("ct-head-wo"), "1 of 15 published procedures are not rated"),
        (with_rating("ct-head-wo", Rating.MAY_BE_APPROPRIATE), "a rating differs from what was compared"),
        (replace(first_variant(), source_variant="2"), "a rating differs from what was compared"),
    ],
)
def test_lost_or_changed_rating_is_told_without_the_facts(variant: Variant, rule: str) -> None:
    """The digest alone tells that a rating is missing or another."""
    ((place, said),) = changed_since(headache_with(variant))
    assert place == 0
    assert rule in said


def test_digests_hold_no_words() -> None:
    """What is kept of the ratings are ids, numbers and digests: no sentence can be read back."""
    with DIGESTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(set(row["digest"]) <= set("0123456789abcdef") and len(row["digest"]) == 12 for row in rows)
    assert all(" " not in "".join(row.values()) for row in rows)
    assert len({digest_of_ratings(variant) for variant in library().topics["headache"].variants}) > 1


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (lambda path: path.write_text(path.read_text().replace(",15,", ",14,", 1)), ":542: must count"),
        (lambda path: path.write_bytes(path.read_bytes()[:1_000]), "must count the rows above"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "must count the rows above"),
        (lambda path: path.write_text(path.read_text().split("\n", 1)[1]), "must count the rows above"),
        (lambda path: path.write_text(""), "must count the rows above"),
        (lambda path: path.write_bytes(b"\xff\xfe"), ":1: must be UTF-8"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
def test_digests_that_were_cut_off_or_edited_are_refused(
    tmp_path: Path, fault: Callable[[Path], object], rule: str
) -> None:
    """Digests that are not there compare nothing: a file that lost some is told, by place and rule."""
    path = tmp_path / DIGESTS.name
    path.write_bytes(DIGESTS.read_bytes())
    assert len(read_digests(path)) == sum(len(topic.variants) for topic in library().topics.values())
    fault(path)
    with pytest.raises(DigestsError, match=rule):
        read_digests(path)


@needs_facts
def test_no_sentence_is_the_publishers() -> None:
    """Descriptions, presumptions and reasons are our own words: none is a published variant's sentence."""
    sentences = {_plain(variant.text) for topic in published() for variant in topic.variants}
    for topic in library().topics.values():
        for variant in topic.variants:
            own = {variant.description, variant.presumes or "", variant.reason}
            own |= {rated.reason for rated in variant.ratings.values()}
            assert not {_plain(text) for text in own} & sentences, f"{topic.id}/{variant.id}"


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(".", " ").replace(",", " ").split())

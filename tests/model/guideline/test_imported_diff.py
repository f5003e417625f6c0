"""Differences between two releases, whatever their order and numbers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from model.guideline.imported_diff import Change, differences
from model.guideline.imported_table import read_table
from tests.licensed import COLUMNS, FACTS, ROWS, table, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model.guideline.imported import ImportedTopic

Rows = list[list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Rows], tuple[ImportedTopic, ...]]:
    return lambda rows: read_table(written(tmp_path, table(rows)))


def changed(row: int, column: str, value: str) -> Rows:
    rows = [list(each) for each in ROWS]
    rows[row][COLUMNS.index(column)] = value
    return rows


def test_equal_tables_do_not_differ(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A table differs from itself in nothing, in whatever order its rows come."""
    assert differences(read(ROWS), read(list(reversed(ROWS)))) == ()


def test_changed_rating_is_told(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A rating in another band is the only difference."""
    (topic,) = differences(read(ROWS), read(changed(0, "rating", "May be appropriate")))
    ((rating,),) = (variant.ratings for variant in topic.variants)
    assert (rating.procedure, rating.change) == ("Radiography foot", Change.CHANGED)
    assert rating.before is not None
    assert rating.after is not None
    assert (rating.before.rating, rating.after.rating) == ("usually-appropriate", "may-be-appropriate")


@pytest.mark.parametrize(
    ("column", "value"), [("radiation_adult", "☢☢"), ("rating_raw", "Usually appropriate (Disagreement)")]
)
def test_changed_radiation_or_vote_is_told(
    read: Callable[[Rows], tuple[ImportedTopic, ...]], column: str, value: str
) -> None:
    """What stands beside the band counts too."""
    (topic,) = differences(read(ROWS), read(changed(0, column, value)))
    assert [rating.procedure for rating in topic.variants[0].ratings] == ["Radiography foot"]


def test_added_and_removed_rating_are_told(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A procedure under another name is one removed and one added; the same by catalogue id is neither."""
    (topic,) = differences(read(ROWS), read(changed(0, "procedure", "CT foot without IV contrast")))
    assert {(each.procedure, each.change) for each in topic.variants[0].ratings} == {
        ("Radiography foot", Change.REMOVED),
        ("CT foot without IV contrast", Change.ADDED),
    }
    assert differences(read(ROWS), read(changed(0, "procedure", "X-ray foot"))) == ()


def test_added_and_removed_topics_are_told(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A topic that only one release has stands with all its variants."""
    (added,) = differences(read(ROWS[:3]), read(ROWS))
    assert (added.title, added.change, len(added.variants)) == ("Odd Ear", Change.ADDED, 1)
    (removed,) = differences(read(ROWS), read(ROWS[:3]))
    assert (removed.title, removed.change) == ("Odd Ear", Change.REMOVED)


def test_renumbered_variants_are_known_again(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """Two variants that change places keep their ratings; only the numbers are told."""
    swap = {"1": "2", "2": "1"}
    rows = [[row[0], swap[row[1]], *row[2:]] if row[0] == "Sore Toe" else row for row in ROWS]
    (topic,) = differences(read(ROWS), read(rows))
    assert all(variant.renumbered and not variant.ratings for variant in topic.variants)


def test_reworded_variant_is_known_again(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A sentence in nearly the same words is the same variant; one in others is another."""
    (topic,) = differences(read(ROWS), read(changed(2, "variant", "Child. Sore toe. First imaging.")))
    assert [(each.change, each.reworded) for each in topic.variants] == [(Change.CHANGED, True)]
    (topic,) = differences(read(ROWS), read(changed(2, "variant", "Adult after surgery of the hand.")))
    assert [each.change for each in topic.variants] == [Change.REMOVED, Change.ADDED]


def test_renamed_topic_is_known_again(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A topic with the same sentences under another title is that topic."""
    (topic,) = differences(read(ROWS), read(changed(3, "topic", "Strange Ear")))
    assert (topic.title, topic.change, topic.variants) == ("Strange Ear", Change.CHANGED, ())


def test_other_year_is_told(read: Callable[[Rows], tuple[ImportedTopic, ...]]) -> None:
    """A topic that was only published anew is a change of the topic."""
    (topic,) = differences(read(ROWS), read(changed(3, "acr_year", "2025")))
    assert (topic.title, topic.variants) == ("Odd Ear", ())


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_shuffled_published_table_does_not_differ(tmp_path: Path) -> None:
    """The real table, its rows in any order, differs from itself in nothing."""
    header, *lines = FACTS.read_text(encoding="utf-8").splitlines()
    random.Random(7).shuffle(lines)  # noqa: S311 - an order, no secret
    shuffled = written(tmp_path, "\n".join([header, *lines]))
    assert differences(read_table(FACTS), read_table(shuffled)) == ()

"""Releases that a site holds: kept whole or not at all, and the right one active."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from model.guideline.imported_table import read_table
from model.guideline.releases import ReleaseError, Releases
from tests.licensed import COLUMNS, FACTS, ROWS, table, written

if TYPE_CHECKING:
    from pathlib import Path

    from model.guideline.imported import ImportedTopic

TODAY = date(2024, 6, 1)


@pytest.fixture
def topics(tmp_path: Path) -> tuple[ImportedTopic, ...]:
    return read_table(written(tmp_path, table(ROWS)))


@pytest.fixture
def later(tmp_path: Path) -> tuple[ImportedTopic, ...]:
    rows = [list(row) for row in ROWS]
    rows[0][COLUMNS.index("rating")] = "May be appropriate"
    return read_table(written(tmp_path, table(rows), "later.csv"))


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "held")


def test_release_is_loaded_as_it_was_kept(releases: Releases, topics: tuple[ImportedTopic, ...]) -> None:
    """What was imported comes back whole, with its procedures mapped."""
    kept, new = releases.keep(topics, TODAY, source="A guideline", release="one", effective=date(2024, 1, 1))
    loaded = releases.load(kept)
    assert new
    assert loaded.topics == topics
    assert (loaded.source, loaded.release, loaded.effective) == ("A guideline", "one", "2024-01-01")
    assert loaded.version == kept.version
    assert loaded["sore-toe"].variants[0].rating_of("xr-foot") is not None


def test_nothing_is_held_before_an_import(releases: Releases) -> None:
    """A folder that does not exist is no error."""
    assert releases.held() == releases.active(TODAY) == ()


def test_same_content_is_kept_once(releases: Releases, topics: tuple[ImportedTopic, ...]) -> None:
    """A second import of equal content changes nothing and says so, on whatever day it comes."""
    first, _ = releases.keep(topics, TODAY)
    before = {path.name: path.read_bytes() for path in releases.folder.iterdir()}
    again, new = releases.keep(topics, date(2024, 7, 1))
    assert (again, new) == (first, False)
    assert {path.name: path.read_bytes() for path in releases.folder.iterdir()} == before


def test_same_content_under_another_day_is_refused(
    releases: Releases, topics: tuple[ImportedTopic, ...]
) -> None:
    """What holds from when is never changed in passing; removed, it can be imported anew."""
    first, _ = releases.keep(topics, TODAY, release="one")
    with pytest.raises(ReleaseError, match="held already"):
        releases.keep(topics, TODAY, effective=date(2025, 1, 1))
    with pytest.raises(ReleaseError, match="held already"):
        releases.keep(topics, TODAY, release="two")
    releases.remove(first)
    assert releases.keep(topics, TODAY, release="two")[1]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2023, 12, 31), []),
        (date(2024, 1, 1), ["one"]),
        (date(2024, 8, 31), ["one"]),
        (date(2024, 9, 1), ["two"]),
    ],
)
def test_release_that_took_effect_last_is_active(
    releases: Releases,
    topics: tuple[ImportedTopic, ...],
    later: tuple[ImportedTopic, ...],
    today: date,
    expected: list[str],
) -> None:
    """Of one source the newest release of those in effect is active, from its first day on."""
    releases.keep(later, TODAY, release="two", effective=date(2024, 9, 1))
    releases.keep(topics, TODAY, release="one", effective=date(2024, 1, 1))
    assert [each.release for each in releases.active(today)] == expected
    assert [each.release for each in releases.held()] == ["two", "one"]


def test_each_source_has_its_active_release(
    releases: Releases, topics: tuple[ImportedTopic, ...], later: tuple[ImportedTopic, ...]
) -> None:
    """A newer release of one source does not silence another source."""
    releases.keep(topics, TODAY, source="One")
    releases.keep(later, TODAY, source="Two", effective=date(2024, 2, 1))
    assert [each.source for each in releases.active(TODAY)] == ["One", "Two"]


def test_release_is_found_by_version_or_name(
    releases: Releases, topics: tuple[ImportedTopic, ...], later: tuple[ImportedTopic, ...]
) -> None:
    """The beginning of a version is enough where it is one release's; else the error says why not."""
    first, _ = releases.keep(topics, TODAY, release="one")
    releases.keep(later, TODAY, release="two")
    assert releases.find("one") == releases.find(first.version[:6]) == first
    with pytest.raises(ReleaseError, match="no release"):
        releases.find("three")
    with pytest.raises(ReleaseError, match="several releases"):
        releases.find("")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("Sore toe", "Sore shin", ":2: is damaged"),
        ('"format": 1', '"format": 2', "another format"),
        ('"effective": "2024-06-01"', '"effective": "soon"', ":1: is no release"),
        ('"source"', '"sauce"', ":1: is no release"),
        ("\n", "", ":1: is no release"),
    ],
)
def test_damaged_file_is_refused(
    releases: Releases, topics: tuple[ImportedTopic, ...], old: str, new: str, rule: str
) -> None:
    """A release file in which something was changed is never served."""
    releases.keep(topics, TODAY)
    (path,) = releases.folder.iterdir()
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReleaseError, match=rule):
        releases.held()


def test_interrupted_import_changes_nothing(
    releases: Releases, topics: tuple[ImportedTopic, ...], later: tuple[ImportedTopic, ...]
) -> None:
    """Where the folder cannot be written, what was held is held still."""
    releases.keep(topics, TODAY)
    blocked = Releases(next(releases.folder.iterdir()))
    with pytest.raises(OSError, match=r"exists|directory"):
        blocked.keep(later, TODAY)
    assert len(releases.held()) == 1


def test_only_the_owner_can_read_it(releases: Releases, topics: tuple[ImportedTopic, ...]) -> None:
    """Licensed content is not for every user of the machine."""
    releases.keep(topics, TODAY)
    (path,) = releases.folder.iterdir()
    assert (path.stat().st_mode & 0o077, releases.folder.stat().st_mode & 0o077) == (0, 0)


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_whole_table_comes_back(releases: Releases) -> None:
    """Every published topic is kept and loaded as it was read."""
    topics = read_table(FACTS)
    kept, _ = releases.keep(topics, TODAY)
    assert releases.load(kept).topics == topics

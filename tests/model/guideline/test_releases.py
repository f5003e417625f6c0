"""Releases that a site holds: kept whole or not at all, and the right one active."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model.guideline.imported_table import read_table
from model.guideline.releases import ReleaseError, Releases
from tests.licensed import COLUMNS, FACTS, ROWS, table, written

if TYPE_CHECKING:
    from model.guideline.imported import ImportedLibrary, ImportedTopic

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


@pytest.mark.parametrize("ratings", [("May be", "Usually"), ("Usually", "May be")])
def test_of_one_day_the_release_imported_last_is_active(
    releases: Releases, tmp_path: Path, ratings: tuple[str, str]
) -> None:
    """A table that is mended on the day of its import takes effect, whatever its digest."""
    for number, rating in enumerate(ratings):
        rows = [list(row) for row in ROWS]
        rows[0][COLUMNS.index("rating")] = f"{rating} appropriate"
        releases.keep(read_table(written(tmp_path, table(rows))), TODAY, release=str(number))
    assert [each.release for each in releases.active(TODAY)] == ["1"]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"Sore toe", b"Sore shin", ":3: is not the digest of the lines above it"),
        (b'"effective": "2024-06-01"', b'"effective": "2020-01-01"', ":3: is not the digest"),
        (b'"format": 2', b'"format": 1', ":1: is of another format"),
        (b"\n", b"", ":2: the file must have 3 lines"),
        (b"Sore toe", b"Sore \xff", ":2: must be UTF-8"),
    ],
)
def test_damaged_file_is_refused(
    releases: Releases, topics: tuple[ImportedTopic, ...], old: bytes, new: bytes, rule: str
) -> None:
    """A release file in which something was changed is never served."""
    releases.keep(topics, TODAY)
    (path,) = releases.folder.iterdir()
    text = path.read_bytes()
    assert old in text
    path.write_bytes(text.replace(old, new, 1))
    with pytest.raises(ReleaseError, match=rule) as told:
        releases.held()
    assert str(told.value).startswith(path.name)
    assert "Sore" not in str(told.value)


@pytest.mark.parametrize("kept", [0, 1, 40, 400, -70, -2])
def test_file_that_was_cut_off_is_refused(
    releases: Releases, topics: tuple[ImportedTopic, ...], kept: int
) -> None:
    """Wherever it ends, half a release is none."""
    releases.keep(topics, TODAY)
    (path,) = releases.folder.iterdir()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ReleaseError, match=r"must have 3 lines|is not the digest"):
        releases.held()


@pytest.mark.parametrize(
    ("known", "content", "rule"),
    [
        ({"source": 5}, "[]", ":1: does not describe a release"),
        ({"topics": "many"}, "[]", ":1: does not describe a release"),
        ({"effective": "20240601"}, "[]", ":1: does not describe a release"),
        ({"colour": "red"}, "[]", ":1: does not describe a release"),
        ({"version": "0123456789abcdef"}, "[]", ":1: does not name the version of its topics"),
        ({}, '[{"title": "Sore Toe"}]', ":2: does not hold the topics of a release"),
        ({}, "[" * 100_000, ":2: does not hold the topics of a release"),
        (
            {},
            '[{"title":"A","year":1,"variants":[{"number":"1","text":"","ratings":[["x"]]}]}]',
            ":2: does not",
        ),
    ],
)
def test_file_of_another_hand_is_refused(
    tmp_path: Path, known: dict[str, object], content: str, rule: str
) -> None:
    """Lines and digest may be right, and the file still no release of ours: told, and no traceback."""
    version = hashlib.sha256(content.encode()).hexdigest()[:16]
    days = {"effective": "2024-06-01", "imported": "2024-06-01"}
    counts = {"number": 1, "topics": 1, "variants": 1, "ratings": 1}
    entry = {"format": 2, "source": "A", "release": None, **days, "version": version, **counts, **known}
    lines = f"{json.dumps(entry)}\n{content}\n"
    path = tmp_path / f"a-{entry['version']}.release"
    path.write_text(f"{lines}{hashlib.sha256(lines.encode()).hexdigest()}\n", encoding="utf-8")
    releases = Releases(tmp_path)
    with pytest.raises(ReleaseError, match=rule):
        [releases.load(each) for each in releases.held()]


def test_what_cannot_be_read_is_never_left_out(
    releases: Releases, topics: tuple[ImportedTopic, ...], tmp_path: Path
) -> None:
    """A file that cannot be read, a copy under another name and a folder that is none are each told."""
    kept, _ = releases.keep(topics, TODAY)
    (path,) = releases.folder.iterdir()
    path.with_name("copy.release").write_bytes(path.read_bytes())
    with pytest.raises(ReleaseError, match=r"copy\.release: is not named after its source and version"):
        releases.held()
    path.with_name("copy.release").unlink()
    path.unlink()
    path.mkdir()
    with pytest.raises(ReleaseError, match="cannot be read"):
        releases.load(kept)
    with pytest.raises(ReleaseError, match="cannot be read"):
        releases.held()
    (tmp_path / "file").write_text("")
    with pytest.raises(ReleaseError, match="APPOSITE_GUIDELINES: the folder cannot be read"):
        Releases(tmp_path / "file").held()


def test_index_is_prepared_before_and_removed_with_its_release(
    releases: Releases, topics: tuple[ImportedTopic, ...]
) -> None:
    """Whoever finds the release finds its index, and none is left when the release goes."""
    seen = []

    def prepare(imported: ImportedLibrary, index_file: Path) -> None:
        seen.append((imported, releases.held()))
        index_file.parent.mkdir()
        index_file.write_text("index")

    kept, _ = releases.keep(topics, TODAY, prepare=prepare)
    assert seen == [(releases.load(kept), ())]
    assert releases.index_file(kept).read_text() == "index"
    releases.keep(topics, TODAY, prepare=prepare)
    assert len(seen) == 1
    releases.remove(kept)
    assert list(releases.folder.iterdir()) == []


def test_interrupted_import_changes_nothing(
    releases: Releases, topics: tuple[ImportedTopic, ...], later: tuple[ImportedTopic, ...]
) -> None:
    """Where the index cannot be made or the folder cannot be written, what was held is held still."""
    releases.keep(topics, TODAY)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        releases.keep(later, TODAY, prepare=interrupt)
    assert len(list(releases.folder.iterdir())) == 1
    with pytest.raises(OSError, match="directory"):
        Releases(Path("/proc/self")).keep(later, TODAY)
    with pytest.raises(ReleaseError, match="cannot be read"):
        Releases(next(releases.folder.iterdir())).keep(later, TODAY)
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

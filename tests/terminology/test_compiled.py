"""The cache of compiled tables: right answers, whether or not it can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminology.compiled import compiled, digest_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_built_once_for_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is built; another digest builds anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = []
    for digest in ("a", "a", "b"):
        assert compiled("t", digest, lambda digest=digest: built.append(digest) or {"n": digest}) == {
            "n": digest
        }
    assert built == ["a", "b"]


def test_damaged_cache_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no JSON is replaced."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled("t", "a", lambda: [1])
    next((tmp_path / "apposite").iterdir()).write_text("{broken")
    assert compiled("t", "a", lambda: [2]) == [2]
    assert compiled("t", "a", lambda: [3]) == [2]


def test_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a place to keep it the value is built each time."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert compiled("t", "a", lambda: [1]) == [1]


def test_digest_follows_names_and_contents(tmp_path: Path) -> None:
    """A changed content and a changed name each change the digest."""
    path = tmp_path / "a"
    path.write_text("1")
    first = digest_of([path])
    assert digest_of([path]) == first
    path.write_text("2")
    second = digest_of([path])
    assert second != first
    assert digest_of([path.rename(tmp_path / "b")]) != second

"""The cache of compiled tables: right answers, whether or not it can be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from terminology.compiled import compiled, compiled_in, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fault = Callable[[Path], Any]


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


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda path: path.chmod(0o666), "others may write to it"),
        (lambda path: path.chmod(0o620), "its group may write to it"),
        (lambda path: path.write_text(path.read_text().replace("[1]", "[7]")), "its digest is another"),
        (lambda path: path.write_text(path.read_text()[:-1]), "it is cut off"),
        (lambda path: path.write_text(path.read_text().replace("a\n", "b\n", 1)), "its key is another"),
        (lambda path: path.write_text(""), "it is empty"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "it is not UTF-8"),
        (lambda path: path.rename(path.with_name("x")) and path.symlink_to(path.with_name("x")), "a link"),
    ],
)
def test_file_that_cannot_be_trusted_is_built_again(tmp_path: Path, fault: Fault, why: str) -> None:
    """What others could have written, or what is not as it was kept, is replaced and never read."""
    path = tmp_path / "kept"
    compiled_in(path, "a", lambda: [1])
    assert compiled_in(path, "a", lambda: [2]) == [1]
    fault(path)
    assert compiled_in(path, "a", lambda: [3]) == [3], why
    assert compiled_in(path, "a", lambda: [4]) == [3]
    assert path.stat(follow_symlinks=False).st_mode == 0o100600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_not_read(tmp_path: Path) -> None:
    """Whoever can put a file into the folder cannot have it served."""
    path = tmp_path / "kept"
    compiled_in(path, "a", lambda: [1])
    os.chown(path, 65534, 65534)
    assert compiled_in(path, "a", lambda: [2]) == [2]


def test_written_by_many_at_once(tmp_path: Path) -> None:
    """Processes that build the same at the same time leave one whole file and nothing else."""
    path = tmp_path / "kept"
    value = list(range(20_000))
    script = "import sys; from pathlib import Path; from terminology.compiled import compiled_in; "
    script += "assert compiled_in(Path(sys.argv[1]), 'a', lambda: list(range(20_000))) == list(range(20_000))"
    running = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(4)]
    assert [each.wait() for each in running] == [0, 0, 0, 0]
    assert compiled_in(path, "a", lambda: None) == value
    assert list(tmp_path.iterdir()) == [path]

"""Tables that take long to read and check, kept in a form that does not: a cache keyed by their content.

What is kept is JSON, in the user's cache folder, under a digest of every source file; a changed file has
another digest and is read anew. A cache that cannot be read or written is done without.

A file that is kept has three lines: the key it was built for, a digest of the third line, and the value. One
that another user owns or may write to, a link, and one whose digest is another are never read.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def digest_of(sources: Iterable[Path]) -> str:
    """A digest of the files' names and contents, in the order given."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\0".encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def compiled(name: str, digest: str, build: Callable[[], Any]) -> Any:
    """What `build` gives, a JSON value; from the cache where it was built for this digest before."""
    return compiled_in(_folder() / f"{name}-{digest[:32]}.json", digest, build)


def compiled_in(path: Path, key: str, build: Callable[[], Any]) -> Any:
    """What `build` gives, a JSON value other than null; from the file where it was built for this key before.

    `path` is replaced where it holds anything else.
    """
    found = _kept(path, key)
    if found is not None:
        return found
    built = build()
    _keep(path, key, json.dumps(built, ensure_ascii=False, separators=(",", ":")))
    return built


def _kept(path: Path, key: str) -> Any:
    """The value that was kept for the key; `None` where there is none that can be trusted."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - the file is open already
            if not _ours(os.fstat(handle)) or file.readline() != f"{key}\n":
                return None
            digest, text = file.readline(), file.read()
        return json.loads(text) if digest == f"{_digest(text)}\n" else None
    except (OSError, ValueError, RecursionError):
        return None


def _ours(status: os.stat_result) -> bool:
    """Whether it is a file of this process's user, which nobody else may write to."""
    return (
        stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE
    )


def _keep(path: Path, key: str, text: str) -> None:
    """Write the file whole or not at all: another process may read it at any moment."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            beside = Path(file.name)
            try:
                file.write(f"{key}\n{_digest(text)}\n{text}")
                file.flush()
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
    except OSError:
        return


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "apposite"

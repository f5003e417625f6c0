"""Tables that take long to read and check, kept in a form that does not: a cache keyed by their content.

What is kept is JSON, in the user's cache folder, under a digest of every source file; a changed file has
another digest and is read anew. A cache that cannot be read or written is done without.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def digest_of(sources: Iterable[Path]) -> str:
    """A digest of the files' names and contents, in the order given."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\0".encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def compiled(name: str, digest: str, build: Callable[[], Any]) -> Any:
    """What `build` gives, a JSON value; from the cache where it was built for this digest before."""
    kept = _folder() / f"{name}-{digest[:32]}.json"
    try:
        return json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        built = build()
    _keep(kept, json.dumps(built))
    return built


def _keep(kept: Path, text: str) -> None:
    """Write the file whole or not at all: another process may read it at any moment."""
    try:
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).replace(kept)
    except OSError:
        return


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "apposite"

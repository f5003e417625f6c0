"""The releases that a site has imported, kept in one folder: a file each, written whole or not at all.

A release file has three lines: what is known of the release and its topics, both JSON, and a digest of the
two, so that a file in which anything was changed is refused. The release's version is a digest of the second
line: equal content is known again. Names of procedures are kept as the source has them and mapped when they
are loaded: a later catalogue maps them anew.

An error names file, line and rule. A file that cannot be used is never left out: it is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Rating
from model.guideline.imported import (
    ImportedLibrary,
    ImportedRating,
    ImportedTopic,
    ImportedVariant,
)
from model.guideline.imported_rows import mapped, topic_id
from terminology.compiled import compiled, digest_of
from terminology.procedures import PROCEDURES, RadiationLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DEFAULT_SOURCE: Final = "ACR Appropriateness Criteria"
"""Whose columns the CSV has."""

_FORMAT: Final = 2
_LINES: Final = 3
_SUFFIX: Final = ".release"
_INDEX: Final = ".index"
_VERSION_LENGTH: Final = 16
_REMEDY: Final = "remove the file from the folder APPOSITE_GUIDELINES and import its table again"
_READ_WITH: Final = (PROCEDURES, PROCEDURES.with_name("procedure_words.yaml"))


class ReleaseError(ValueError):
    """A release cannot be used, found or kept; the message names the file or the rule."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a release that is held. `effective` and `imported` are days (ISO 8601).

    `number` is greater than that of every release that was held when it was imported.
    """

    source: str
    release: str | None
    effective: str
    imported: str
    number: int
    version: str
    topics: int
    variants: int
    ratings: int


@dataclass(frozen=True, slots=True)
class Releases:
    """The folder of releases; one that does not exist holds none."""

    folder: Path

    def held(self) -> tuple[Release, ...]:
        """Every release, the one that takes effect last first; of one day, the one that was imported last.

        Raises:
            ReleaseError: The folder or a file of it cannot be read, is no release, or is damaged.
        """
        found = [self._known(name) for name, *_ in self.files()]
        return tuple(sorted(found, key=lambda each: (each.effective, each.number), reverse=True))

    def files(self) -> tuple[tuple[str, int, int, int], ...]:
        """The release files by name, each with what changes when it is replaced: inode, size, time of change.

        Raises:
            ReleaseError: The folder cannot be read.
        """
        try:
            with os.scandir(self.folder) as entries:
                found = [
                    (entry.name, status.st_ino, status.st_size, status.st_mtime_ns)
                    for entry in entries
                    if entry.name.endswith(_SUFFIX)
                    for status in (entry.stat(follow_symlinks=False),)
                ]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ReleaseError(f"APPOSITE_GUIDELINES: the folder cannot be read: {error.strerror}") from error
        return tuple(sorted(found))

    def index_file(self, release: Release) -> Path:
        """Where the index of a release is kept: beside it, for its words are the licensed ones."""
        return self._path(release).with_suffix(_INDEX)

    def active(self, today: date) -> tuple[Release, ...]:
        """Of each source the release that took effect last, of those that have."""
        newest: dict[str, Release] = {}
        for release in self.held():
            if release.effective <= today.isoformat():
                newest.setdefault(topic_id(release.source), release)
        return tuple(newest[source] for source in sorted(newest))

    def find(self, name: str) -> Release:
        """The one release of this version, the beginning of one, or this release name.

        Raises:
            ReleaseError: None is held, or more than one.
        """
        found = [each for each in self.held() if each.version.startswith(name) or each.release == name]
        if len(found) != 1:
            rule = "several releases are" if found else "no release is"
            raise ReleaseError(f"{rule} held under this name; `apposite guideline list` shows them")
        return found[0]

    def load(self, release: Release) -> ImportedLibrary:
        """The topics of a release that is held.

        Raises:
            ReleaseError: Its file is gone or damaged.
        """
        path = self._path(release)
        known, content = _read(path)
        try:
            topics = json.loads(content)
            names = {
                rated[0] for topic in topics for variant in topic["variants"] for rated in variant["ratings"]
            }
            ids = compiled(
                "imported-procedures",
                f"{known.version}{digest_of(_READ_WITH)}",
                lambda: {name: mapped(name) for name in sorted(names)},
            )
            return ImportedLibrary(
                tuple(_topic(topic, ids) for topic in topics),
                known.version,
                known.effective,
                known.source,
                known.release,
            )
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
            raise _broken(path, "2", "does not hold the topics of a release") from error

    def keep(  # noqa: PLR0913 - what is known of a release, each once
        self,
        topics: Iterable[ImportedTopic],
        today: date,
        *,
        source: str = DEFAULT_SOURCE,
        release: str | None = None,
        effective: date | None = None,
        prepare: Callable[[ImportedLibrary, Path], object] | None = None,
    ) -> tuple[Release, bool]:
        """The release with these topics, and whether it is new here; equal content is kept once.

        `prepare` is called before a new release is held, with its topics and the file for their index.

        Raises:
            ReleaseError: The content is held already under another name or with another effective day, or
                the folder holds a file that cannot be used.
            OSError: The folder cannot be written. Whatever is raised, the folder is as it was.
        """
        topics, held = tuple(topics), self.held()
        text = _content(topics)
        variants = [variant for topic in topics for variant in topic.variants]
        made = Release(
            source=source,
            release=release,
            effective=(effective or today).isoformat(),
            imported=today.isoformat(),
            number=1 + max((each.number for each in held), default=0),
            version=_digest(text),
            topics=len(topics),
            variants=len(variants),
            ratings=sum(len(variant.ratings) for variant in variants),
        )
        path = self._path(made)
        known = next((each for each in held if self._path(each) == path), None)
        if known is not None:
            if release not in {None, known.release} or (effective and made.effective != known.effective):
                raise ReleaseError(
                    f"this content is held already as {known.version} with another name or effective day; "
                    f"to change them: apposite guideline remove {known.version}, then import it again"
                )
            return known, False
        known_line = json.dumps({"format": _FORMAT, **asdict(made)}, ensure_ascii=False)
        index_file = self.index_file(made)
        if prepare is not None:
            prepare(ImportedLibrary(topics, made.version, made.effective, source, release), index_file)
        try:
            _write(path, f"{known_line}\n{text}\n{_seal(known_line, text)}\n")
        except OSError:
            with suppress(OSError):
                index_file.unlink()
            raise
        return made, True

    def remove(self, release: Release) -> None:
        """Hold the release no longer, nor its index.

        Raises:
            OSError: The folder cannot be written.
        """
        self._path(release).unlink(missing_ok=True)
        self.index_file(release).unlink(missing_ok=True)

    def _known(self, name: str) -> Release:
        """What is known of the release in the file of this name."""
        path = self.folder / name
        release = _read(path)[0]
        if path != self._path(release):
            raise _broken(path, None, "is not named after its source and version")
        return release

    def _path(self, release: Release) -> Path:
        return self.folder / f"{topic_id(release.source)}-{release.version}{_SUFFIX}"


def _content(topics: Iterable[ImportedTopic]) -> str:
    return json.dumps([_written(topic) for topic in topics], ensure_ascii=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_LENGTH]


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, for the owner's eyes only: the content is licensed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        beside = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _read(path: Path) -> tuple[Release, str]:
    """What the file knows of its release, and its topics as they are written."""
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = f"{path.name}: cannot be read: {error.strerror}; let the user of the service read it"
        raise ReleaseError(rule) from error
    try:
        lines = data.decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _broken(path, str(line), "must be UTF-8") from error
    if _format(lines[0]) not in {None, _FORMAT}:
        raise _broken(path, "1", "is of another format")
    if len(lines) != _LINES:
        rule = f"the file must have {_LINES} lines; it is cut off or was edited"
        raise _broken(path, str(len(lines)), rule)
    known, content, seal = lines
    if seal != _seal(known, content):
        raise _broken(path, "3", "is not the digest of the lines above it; the file is damaged or was edited")
    try:
        release = _release(known)
    except (ValueError, TypeError, RecursionError) as error:
        raise _broken(path, "1", "does not describe a release") from error
    if release.version != _digest(content):
        raise _broken(path, "1", "does not name the version of its topics")
    return release, content


def _format(known: str) -> object:
    """The format that the first line names; `None` where it names none."""
    try:
        entry = json.loads(known)
    except (ValueError, RecursionError):
        return None
    return entry.get("format") if isinstance(entry, dict) else None


def _release(known: str) -> Release:
    entry = json.loads(known)
    del entry["format"]
    release = Release(**entry)
    texts = (release.source, release.effective, release.imported, release.version)
    named = release.release is None or isinstance(release.release, str)
    counts = (release.number, release.topics, release.variants, release.ratings)
    days = (release.effective, release.imported)
    if (
        not named
        or not all(isinstance(each, str) for each in texts)
        or not all(type(each) is int for each in counts)
        or any(date.fromisoformat(each).isoformat() != each for each in days)
    ):
        raise TypeError
    return release


def _seal(known: str, content: str) -> str:
    return hashlib.sha256(f"{known}\n{content}\n".encode()).hexdigest()


def _broken(path: Path, line: str | None, rule: str) -> ReleaseError:
    return ReleaseError(f"{path.name}{f':{line}' if line else ''}: {rule}; {_REMEDY}")


def _written(topic: ImportedTopic) -> dict[str, Any]:
    """The topic as it is kept; a rating is [name, rating, radiation, for whom, panel disagreed]."""
    return {
        "title": topic.title,
        "year": topic.year,
        "variants": [
            {
                "number": variant.number,
                "text": variant.text,
                "ratings": [
                    [
                        each.procedure_name,
                        each.rating,
                        each.radiation,
                        each.radiation_for,
                        each.panel_disagreed,
                    ]
                    for each in variant.ratings
                ],
            }
            for variant in topic.variants
        ],
    }


def _topic(entry: Mapping[str, Any], ids: Mapping[str, str | None]) -> ImportedTopic:
    return ImportedTopic(
        topic_id(entry["title"]),
        entry["title"],
        entry["year"],
        tuple(
            ImportedVariant(
                variant["number"], variant["text"], tuple(_rating(each, ids) for each in variant["ratings"])
            )
            for variant in entry["variants"]
        ),
    )


def _rating(entry: list[Any], ids: Mapping[str, str | None]) -> ImportedRating:
    name, rating, radiation, patient, split = entry
    level = None if radiation is None else RadiationLevel(radiation)
    return ImportedRating(name, ids.get(name), Rating(rating), level, patient, split)

"""The releases that a site has imported, kept in one folder: a file each, written whole or not at all.

A release file has two lines of JSON: what is known of the release, and its topics. Its version is a digest of
the second line, so that equal content is known again and a damaged file is refused. Names of procedures are
kept as the source has them and mapped when they are loaded: a later catalogue maps them anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
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
    from collections.abc import Iterable, Mapping

DEFAULT_SOURCE: Final = "ACR Appropriateness Criteria"
"""Whose columns the CSV has."""

_FORMAT: Final = 1
_VERSION_LENGTH: Final = 16
_READ_WITH: Final = (PROCEDURES, PROCEDURES.with_name("procedure_words.yaml"))


class ReleaseError(ValueError):
    """A release cannot be used, found or kept; the message names the file or the rule."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a release that is held. `effective` and `imported` are days (ISO 8601)."""

    source: str
    release: str | None
    effective: str
    imported: str
    version: str
    topics: int
    variants: int
    ratings: int


@dataclass(frozen=True, slots=True)
class Releases:
    """The folder of releases; one that does not exist holds none."""

    folder: Path

    def held(self) -> tuple[Release, ...]:
        """Every release, by source, the one that takes effect last first.

        Raises:
            ReleaseError: A file of the folder is no release, or is damaged.
        """
        found = [_read(path)[0] for path in sorted(self.folder.glob("*.release"))]
        return tuple(sorted(found, key=lambda each: (each.effective, each.imported), reverse=True))

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
        known, topics = _read(self._path(release))
        names = sorted(
            {rating[0] for topic in topics for variant in topic["variants"] for rating in variant["ratings"]}
        )
        ids = compiled(
            "imported-procedures",
            f"{known.version}{digest_of(_READ_WITH)}",
            lambda: {name: mapped(name) for name in names},
        )
        return ImportedLibrary(
            tuple(_topic(topic, ids) for topic in topics),
            known.version,
            known.effective,
            known.source,
            known.release,
        )

    def keep(
        self,
        topics: Iterable[ImportedTopic],
        today: date,
        *,
        source: str = DEFAULT_SOURCE,
        release: str | None = None,
        effective: date | None = None,
    ) -> tuple[Release, bool]:
        """The release with these topics, and whether it is new here; equal content is kept once.

        Raises:
            ReleaseError: The content is held already under another name or with another effective day.
            OSError: The folder cannot be written. Whatever is raised, the folder is as it was.
        """
        topics = tuple(topics)
        text = _content(topics)
        variants = [variant for topic in topics for variant in topic.variants]
        made = Release(
            source=source,
            release=release,
            effective=(effective or today).isoformat(),
            imported=today.isoformat(),
            version=_digest(text),
            topics=len(topics),
            variants=len(variants),
            ratings=sum(len(variant.ratings) for variant in variants),
        )
        path = self._path(made)
        if path.exists():
            known = _read(path)[0]
            if release not in {None, known.release} or (effective and made.effective != known.effective):
                raise ReleaseError(
                    f"this content is held already as {known.version} with another name or effective day; "
                    f"to change them: apposite guideline remove {known.version}, then import it again"
                )
            return known, False
        _write(path, json.dumps({"format": _FORMAT, **asdict(made)}, ensure_ascii=False) + "\n" + text + "\n")
        return made, True

    def remove(self, release: Release) -> None:
        """Hold the release no longer."""
        self._path(release).unlink(missing_ok=True)

    def _path(self, release: Release) -> Path:
        return self.folder / f"{topic_id(release.source)}-{release.version}.release"


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


def _read(path: Path) -> tuple[Release, list[dict[str, Any]]]:
    try:
        known, text = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        entry = json.loads(known)
        kept_as = entry.pop("format")
        release = Release(**entry)
        date.fromisoformat(release.effective)
        topics: list[dict[str, Any]] = json.loads(text)
    except OSError as error:
        raise ReleaseError(f"{path.name}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleaseError(
            f"{path.name}:1: is no release; remove the file and import its table again"
        ) from error
    if kept_as != _FORMAT:
        raise ReleaseError(f"{path.name}:1: is of another format; remove the file and import its table again")
    if release.version != _digest(text):
        raise ReleaseError(f"{path.name}:2: is damaged; remove the file and import its table again")
    return release, topics


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

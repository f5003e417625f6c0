"""The guidelines that a site has imported, ready to be asked beside ours, and renewed while the service runs.

Each process looks at the folder of releases every `LOOK_EVERY_S` seconds. Where a release was imported or
removed, or a day begins from which one holds, what is in force is made anew beside the old and replaced in
one step. A call takes what is in force once and is rated by that to its end. Where the folder or a file of it
cannot be used, what was in force stays so, and the problem is told.
"""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cds_service.log import event
from model.guideline.releases import ReleaseError, Releases
from model.licensed import Licensed, active_guidelines
from model.narrative.compiled_index import index_in
from model.narrative.recommend import Recommender, also_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import Counter

    from cds_service.settings import Settings
    from model.guideline.imported import ImportedLibrary
    from model.guideline.library import Library
    from model.narrative.recommend import Recommendation

LOOK_EVERY_S: Final = 2.0
"""Seconds between two looks at the folder."""
TAKEN_UP_WITHIN_S: Final = 5
"""Seconds within which each worker rates by a release that was imported: a look, and reading its index."""


class LateRecommender:
    """A recommender over one imported library, made when it is first asked.

    Its index is read from `index_file`; where that holds no such index it is built, which takes seconds.
    """

    def __init__(self, imported: ImportedLibrary, index_file: Path, ours: Library) -> None:
        self._imported, self._index_file, self._ours = imported, index_file, ours

    @cached_property
    def _recommender(self) -> Recommender:
        topics, key = self._imported.topics, f"{self._imported.version} {self._ours.version}"
        also = also_ours(self._ours.topics.values())
        return Recommender(topics, index=index_in(self._index_file, key, topics, also))

    def recommend(
        self, text: str, age: float | None, sex: str | None, findings: Iterable[str]
    ) -> Recommendation:
        """What `Recommender.recommend` answers."""
        return self._recommender.recommend(text, age, sex, findings)


@dataclass(frozen=True, slots=True)
class InForce:
    """The imported guidelines that rate at one moment. `problem` says why the folder's state is not used."""

    guidelines: tuple[Licensed, ...] = ()
    problem: str | None = None

    @property
    def version(self) -> str:
        """The versions of the releases: two equal ones rate alike."""
        return "+".join(each.library.version for each in self.guidelines)


NOTHING_IMPORTED: Final = InForce()


class ImportedGuidelines:
    """What is in force of a folder of releases, in this process; safe to share between threads."""

    def __init__(
        self,
        releases: Releases,
        ours: Library,
        changes: Counter,
        *,
        today: Callable[[], date] | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Load what is in force today.

        Raises:
            ReleaseError: The folder cannot be read, or a release that is held is damaged.
        """
        self._releases, self._ours, self._changes = releases, ours, changes
        self._today = today or local_today
        self._look_every_s = look_every_s
        self._renewing = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._has_looked = False
        self._in_force = NOTHING_IMPORTED
        self._seen: object = self._state()
        self._in_force = InForce(self._load())

    def now(self) -> InForce:
        """What is in force; to be taken once for a call."""
        if self._watcher is None or not self._watcher.is_alive():
            self.watch()
        if not self._has_looked:
            self.renew()
        return self._in_force

    def watch(self) -> None:
        """Look at the folder from now on, in a thread of this process; a fork has none of its parent's."""
        self._has_looked = False
        self._watcher = threading.Thread(target=self._look, name="imported-guidelines", daemon=True)
        self._watcher.start()

    def renew(self) -> None:
        """Look at the folder once, and replace what is in force where it is another."""
        with self._renewing:
            seen, self._seen = self._seen, None
            try:
                state = self._state()
                if state != seen:
                    self._put_in_force(self._load())
                self._seen = state
            except ReleaseError as error:
                if not isinstance(error.__cause__, OSError):
                    self._seen = state
                self._refuse(str(error))
            self._has_looked = True

    def _look(self) -> None:
        pause = threading.Event()
        self.renew()
        while not pause.wait(self._look_every_s):
            self.renew()

    def _state(self) -> object:
        """All that decides what is in force, as far as it shows without reading a file.

        Raises:
            ReleaseError: The folder cannot be read.
        """
        files = self._releases.files()
        if self._in_force.guidelines and not self._releases.folder.is_dir():
            raise ReleaseError("APPOSITE_GUIDELINES: the folder is gone") from FileNotFoundError()
        return files, self._today()

    def _load(self) -> tuple[Licensed, ...]:
        guidelines = imported_guidelines(self._releases, self._ours, self._today())
        warm(guidelines)
        return guidelines

    def _put_in_force(self, guidelines: tuple[Licensed, ...]) -> None:
        before, self._in_force = self._in_force, InForce(guidelines)
        if before.version != self._in_force.version:
            self._changes.labels("switched").inc()
            event("guidelines.switched", version=self._in_force.version)
            gc.collect()
            gc.freeze()  # as in wsgi.py: the collector need not look through the new index again and again

    def _refuse(self, problem: str) -> None:
        if problem != self._in_force.problem:
            self._in_force = InForce(self._in_force.guidelines, problem)
            self._changes.labels("refused").inc()
            event("guidelines.refused", error=problem)


def open_imported(settings: Settings, ours: Library, changes: Counter) -> ImportedGuidelines:
    """What the installation has imported, as it is in force today.

    Raises:
        ReleaseError: The folder cannot be read, or a release that is held is damaged.
    """
    return ImportedGuidelines(Releases(Path(settings.guidelines)), ours, changes)


def imported_guidelines(releases: Releases, ours: Library, today: date) -> tuple[Licensed, ...]:
    """The imported guidelines that are active today; `()` where the site has imported none.

    Raises:
        ReleaseError: The folder cannot be read, or a release that is held is damaged.
    """
    return active_guidelines(releases, today, partial(LateRecommender, ours=ours))


def local_today() -> date:
    """The day here, by which a release is in effect or not yet."""
    return datetime.now(UTC).astimezone().date()


def warm(guidelines: Iterable[Licensed]) -> None:
    """Read or build what each guideline needs, so that no order has to wait for it."""
    for each in guidelines:
        each.matcher.recommend("headache", None, None, ())


def prepare(imported: ImportedLibrary, index_file: Path, ours: Library) -> None:
    """Build the index of a release that is about to be held, so that a service that takes it up need not."""
    warm((Licensed(imported, LateRecommender(imported, index_file, ours)),))

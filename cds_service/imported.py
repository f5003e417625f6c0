"""The guidelines that a site has imported, ready to be asked beside ours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from model.guideline.releases import Releases
from model.licensed import Licensed, active_guidelines
from model.narrative.recommend import Recommender, also_ours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cds_service.settings import Settings
    from model.guideline.imported import ImportedLibrary
    from model.guideline.library import Library
    from model.narrative.recommend import Recommendation


class LateRecommender:
    """A recommender over one imported library, built when it is first asked: that takes seconds."""

    def __init__(self, imported: ImportedLibrary, ours: Library) -> None:
        self._imported, self._ours = imported, ours

    @cached_property
    def _recommender(self) -> Recommender:
        return Recommender(self._imported.topics, also_ours(self._ours.topics.values()))

    def recommend(
        self, text: str, age: float | None, sex: str | None, findings: Iterable[str]
    ) -> Recommendation:
        """What `Recommender.recommend` answers."""
        return self._recommender.recommend(text, age, sex, findings)


def imported_guidelines(settings: Settings, ours: Library, today: date) -> tuple[Licensed, ...]:
    """The imported guidelines that are active today; `()` where the site has imported none.

    Raises:
        ReleaseError: A release that is held is damaged.
    """
    releases = Releases(Path(settings.guidelines))
    return active_guidelines(releases, today, lambda imported: LateRecommender(imported, ours))


def local_today() -> date:
    """The day here, by which a release is in effect or not yet."""
    return datetime.now(UTC).astimezone().date()


def warm(guidelines: Iterable[Licensed]) -> None:
    """Build what each guideline needs, so that no order has to wait for it."""
    for each in guidelines:
        each.matcher.recommend("headache", None, None, ())

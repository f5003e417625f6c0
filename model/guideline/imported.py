"""Topics that a site has licensed and imported: sentences and ratings, without conditions of ours.

`imported_table.py` reads them from a file; `releases.py` keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.assessment import Rating
    from terminology.procedures import RadiationLevel

Patient = Literal["adult", "child"]


@dataclass(frozen=True, slots=True)
class ImportedRating:
    """What a variant says of one procedure, by the source's name for it.

    `procedure` is the catalogue's id, `None` where the name could not be mapped. `radiation` is the level for
    an adult or a child, as `radiation_for` says; both are `None` where the source gives none.
    """

    procedure_name: str
    procedure: str | None
    rating: Rating
    radiation: RadiationLevel | None = None
    radiation_for: Patient | None = None
    panel_disagreed: bool = False


@dataclass(frozen=True, slots=True)
class ImportedVariant:
    """One scenario, as the source's sentence tells it."""

    number: str
    text: str
    ratings: tuple[ImportedRating, ...]

    def rating_of(self, procedure: str) -> ImportedRating | None:
        """What the variant says of the catalogue's procedure; `None` where it says nothing, or two things.

        Two names of the source may be one procedure of the catalogue.
        """
        said = [each for each in self.ratings if each.procedure == procedure]
        return said[0] if said and all(each.rating is said[0].rating for each in said) else None


@dataclass(frozen=True, slots=True)
class ImportedTopic:
    """A topic with its variants, in the source's order. `id` is made of the title."""

    id: str
    title: str
    year: int
    variants: tuple[ImportedVariant, ...]


@dataclass(frozen=True, slots=True)
class ImportedLibrary:
    """The topics of one release. `version` is a digest of their content: two equal versions rate alike.

    `effective` is the day (ISO 8601) from which the release holds, `source` the guideline's name and
    `release` the name its publisher gives it.
    """

    topics: tuple[ImportedTopic, ...]
    version: str
    effective: str | None = None
    source: str = ""
    release: str | None = None
    _by_id: Mapping[str, ImportedTopic] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {topic.id: topic for topic in self.topics})

    def __getitem__(self, topic: str) -> ImportedTopic:
        return self._by_id[topic]

    def __contains__(self, topic: object) -> bool:
        return topic in self._by_id

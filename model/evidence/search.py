"""What a search of the literature is: a query, what an index answered, and who can answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from model.evidence.paper import Paper


class QueryKind(StrEnum):
    """The angle from which a query looks at its question."""

    CONDITION = "condition"
    SYNONYMS = "synonyms"
    RELATED = "related"
    IMAGING = "imaging"
    PROCEDURE = "procedure"
    PICO = "pico"


@dataclass(frozen=True, slots=True)
class Query:
    """One search string, exactly as an index is asked it."""

    kind: QueryKind
    text: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What an index answered to a query, so that a reader can repeat it.

    `translation` is the index's own reading of the query where it gives one; `total` is how many papers it
    has, `ids` those that it named, in its order: a PMID where a paper has one, a DOI in lower case where not.
    `notes` are what the index said of a query that it did not take as it stands.
    """

    query: Query
    provider: str
    translation: str | None
    total: int
    ids: tuple[str, ...]
    searched_on: date
    notes: tuple[str, ...] = ()


class Provider(Protocol):
    """An index of the literature."""

    @property
    def name(self) -> str:
        """What it is called, in citations and in errors."""

    def search(self, query: Query, *, at_most: int) -> SearchResult:
        """The papers that a query finds, at most so many, the most relevant first.

        Raises:
            ProviderError: No usable answer.
        """

    def papers(self, ids: Sequence[str]) -> Iterator[Paper]:
        """The papers of these ids that the index has, each once; books and broken records are left out.

        Raises:
            ProviderError: No usable answer.
        """


class ProviderError(Exception):
    """An index gave no usable answer; the message names the provider and the rule, never what was sent."""

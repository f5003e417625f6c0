"""A publication, what it weighs, and the question it was found for: the values that evidence is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an abstract: its label as the journal gives it ("RESULTS"), `None` where there is none."""

    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One publication as an index describes it; plain text everywhere, no markup.

    At least one of `pmid` and `doi` is known. `authors` are family names or groups in the order of the title
    page. `retracted` is True for a paper that was withdrawn, and for the notice that says so.
    """

    pmid: str | None
    doi: str | None
    title: str
    abstract: tuple[Section, ...] = ()
    journal: str | None = None
    year: int | None = None
    authors: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    language: str | None = None
    retracted: bool = False


class EvidenceLevel(IntEnum):
    """A design-based level of evidence, a heuristic over one paper; GRADE rates bodies of evidence."""

    HIGH = 4
    MODERATE = 3
    LOW = 2
    VERY_LOW = 1


@dataclass(frozen=True, slots=True)
class EvidenceQuestion:
    """What evidence is looked for: a condition in plain words, and a procedure by its catalogue id.

    `synonyms` mean the condition itself, `related` are broader or neighbouring conditions.
    """

    condition: str
    procedure: str
    synonyms: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A paper that bears on a question: its level with the reasons for it, and its results and conclusions.

    `closeness` says how nearly the paper is about the question, 0 to 1. `level_by` is the digest of a
    site's trained scorer, where that gave the level; `None` where the rules did.
    """

    paper: Paper
    level: EvidenceLevel
    because: tuple[str, ...]
    passages: tuple[Section, ...]
    closeness: float
    level_by: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """What the store has on a question, the best first.

    `searched_on` is the day the literature was last searched for it, `None` if it never was: an empty
    `evidence` then says nothing. `retracted` counts the papers on it that were left out because they are.
    """

    evidence: tuple[Evidence, ...]
    searched_on: date | None
    retracted: int = 0


class EvidenceReader(Protocol):
    """Something that holds evidence and answers at once; it never waits for the network."""

    def about(self, question: EvidenceQuestion, *, limit: int = 8) -> EvidenceFound:
        """At most `limit` papers on the question, none of them retracted."""

"""What the service concludes about an order: a rating or an honest reason for none, and why.

A guideline's rating and a model's opinion never share a field: `Assessment.source` says whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model.facts import Elapsed, Origin  # noqa: TC001 - a recorded assessment is read back by its types
from terminology.procedures import RadiationLevel  # noqa: TC001 - likewise


class Rating(StrEnum):
    """The three bands of the ACR Appropriateness Criteria."""

    USUALLY_APPROPRIATE = "usually-appropriate"
    MAY_BE_APPROPRIATE = "may-be-appropriate"
    USUALLY_NOT_APPROPRIATE = "usually-not-appropriate"

    @property
    def rank(self) -> int:
        """2 for the best band, 0 for the worst."""
        return _RANKS[self]


_RANKS = {
    Rating.USUALLY_APPROPRIATE: 2,
    Rating.MAY_BE_APPROPRIATE: 1,
    Rating.USUALLY_NOT_APPROPRIATE: 0,
}


class Outcome(StrEnum):
    """How an assessment ended; only `RATED` carries a rating."""

    RATED = "rated"
    NOT_ENOUGH_INFORMATION = "not-enough-information"
    NO_GUIDANCE = "no-guidance"


class Source(StrEnum):
    """Who judged: a published guideline, a model, or nobody."""

    GUIDELINE = "guideline"
    MODEL = "model"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Question:
    """A missing fact, by its key, and the question that a clinician can answer."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Something known of the patient that makes a study risky, and the record's own date of it.

    `kind` names its line in `model/safety.yaml`; `origin` says where the fact was read; `elapsed` is `None`
    where the record gives no date. `model/safety.py` puts it into words.
    """

    kind: str
    origin: Origin
    elapsed: Elapsed | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another procedure that the same scenario rates, with its rating, radiation, and what makes it risky."""

    procedure: str
    rating: Rating
    radiation: RadiationLevel | None
    safety: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A guideline scenario ("variant") that fits the case or still may, in our words.

    `certain` is False where its topic was only raised by a symptom that has other explanations too.
    """

    topic: str
    variant: str
    description: str
    certain: bool


@dataclass(frozen=True, slots=True)
class RankedTopic:
    """One of several topics that apply to an order: its title, and the ratings that it may still come to.

    Several ratings mean that the topic is not decided; none, that its scenario does not rate the study.
    """

    title: str
    ratings: tuple[Rating, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication that an assessment rests on or names.

    `level` is a paper's level of evidence, 1 to 4, and `id` what an index knows it by, such as "PMID 1".
    `level_by` is the digest of a site's trained scorer, where that gave the level.
    """

    text: str
    year: int | None
    url: str | None = None
    level: int | None = None
    id: str | None = None
    level_by: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an assessment was made with, for the record.

    `criteria` is the library's digest; `rater`, `model` and `adapter` are ids, `prompt` a template's digest,
    `evidence` the day (ISO 8601) on which the literature was last searched; `None` where nothing of the kind
    was used.
    """

    criteria: str
    rater: str | None = None
    model: str | None = None
    adapter: str | None = None
    prompt: str | None = None
    evidence: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of a model's reasoning, and the places of its sources in the opinion's `citations`."""

    text: str
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model thinks of an order that no guideline rates; never a guideline's rating.

    `confidence` is the calibrated probability that it is right. `by` names who holds it: the rater, a
    language model, or both. `dropped` counts sentences that their sources did not support.
    """

    rating: Rating
    confidence: float
    by: str
    reasons: tuple[Reason, ...] = ()
    citations: tuple[Citation, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """The judgement on one order.

    `procedure` is the catalogue id that was judged, `None` where the order left it open. `scenarios` holds
    the one variant that fits (`fits`), or all that still may. `assumed` are facts that the chosen variant
    takes for granted and nobody stated; `facts` are the findings it rests on; `missing` are at most three
    questions, the most decisive first. `alternatives` are rated under every scenario still possible, the
    best first.
    `by_parts` are the ids of the study's parts where the guideline rates these and not the whole.
    `safety` tells what makes the study risky for this patient, and is no part of the rating.
    `adult_presumed` is True where the age is unknown and a guideline for adults was applied.
    `opinion` is a model's, given only where no guideline rates the order: `rating` is then `None`.
    `ranked` are the topics that apply where several do, the one that decides first.
    `literature` are the papers of the evidence store on the order, no part of a guideline's rating, and
    `retracted` counts those left out because they are. `explanation` is a model's, of a guideline's rating;
    its sources are places in `literature`. `search_pending` is True while the literature is searched,
    `review_pending` while a language model works on the order.
    """

    outcome: Outcome
    source: Source
    provenance: Provenance
    rating: Rating | None = None
    procedure: str | None = None
    radiation: RadiationLevel | None = None
    panel_disagreed: bool = False
    reasons: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    fits: bool = False
    facts: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    missing: tuple[Question, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    citations: tuple[Citation, ...] = ()
    presumes: str | None = None
    by_parts: tuple[str, ...] = ()
    adult_presumed: bool = False
    opinion: Opinion | None = None
    ranked: tuple[RankedTopic, ...] = ()
    explanation: tuple[Reason, ...] = ()
    literature: tuple[Citation, ...] = ()
    retracted: int = 0
    search_pending: bool = False
    review_pending: bool = False
    safety: tuple[Caution, ...] = ()

"""Orders that our library does not cover, rated by a guideline that the site has imported.

Its scenarios are sentences, so a matcher tells how probable each is for a case. A rating is given only where
every scenario that comes close gives it and together they are probable enough; where they differ, all are
offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from model.assessment import Assessment, Citation, Outcome, Provenance, Question, Scenario, Source
from model.guideline.conditions import All
from model.guideline.explain import MOST_QUESTIONS, better_choices, question_text
from model.guideline.topic import RatedProcedure, Variant
from terminology.findings import vocabulary
from terminology.icd10cm import titles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from model.case import ImagingCase, Sex
    from model.guideline.imported import ImportedLibrary, ImportedRating, ImportedTopic, ImportedVariant
    from model.guideline.releases import Releases

CLOSE: Final = 0.05
"""Probability from which a scenario counts: one that gives another rating forbids a rating."""
SURE: Final = 0.8
"""Probability that the close scenarios must have together for their rating to be given."""
OFFERED: Final = 0.25
"""Probability that the likeliest must have for the scenarios to be offered at all."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a matcher: de-identified words, and the facts that are known beside them."""

    text: str
    age: float | None
    sex: Sex | None
    findings: frozenset[str]


class Candidate(Protocol):
    """A scenario, and the calibrated probability that it is the patient's."""

    @property
    def topic(self) -> ImportedTopic:
        """The scenario's topic."""

    @property
    def variant(self) -> ImportedVariant:
        """The scenario."""

    @property
    def confidence(self) -> float:
        """From 0 to 1; those of all candidates add up to one at most."""


class Recommendation(Protocol):
    """What a matcher answers."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The likeliest scenarios, the best first."""


class ScenarioMatcher(Protocol):
    """Finds the scenarios of one imported library that a case may be."""

    def recommend(
        self, text: str, age: float | None, sex: str | None, findings: Iterable[str]
    ) -> Recommendation:
        """The scenarios for these words and the facts known beside them."""


@dataclass(frozen=True, slots=True)
class Licensed:
    """An imported guideline and what matches cases with its scenarios."""

    library: ImportedLibrary
    matcher: ScenarioMatcher


def active_guidelines(
    releases: Releases, today: date, matcher_of: Callable[[ImportedLibrary, Path], ScenarioMatcher]
) -> tuple[Licensed, ...]:
    """The release of each source that is active today, each with its matcher.

    `matcher_of` gets the release's topics and the file that may keep their index.

    Raises:
        ReleaseError: A release that is held cannot be read or is damaged.
    """
    loaded = [(releases.load(each), releases.index_file(each)) for each in releases.active(today)]
    return tuple(Licensed(library, matcher_of(library, index_file)) for library, index_file in loaded)


def query_of(case: ImagingCase) -> Query:
    """The case as a question: the order's clinical words, its codes' titles, the names of its findings."""
    diagnoses = titles(each.icd10cm for each in case.indications)
    stated = [fact.finding for fact in case.facts.stated if fact.finding in case.facts.present]
    names = [vocabulary()[finding].name for finding in stated]
    words = dict.fromkeys((*case.spans, *diagnoses, *names))
    age = case.age.low if case.age and case.age.years is not None else None
    return Query("; ".join(words), age, case.sex, case.facts.present | case.indicated)


def by_licensed(case: ImagingCase, guidelines: Sequence[Licensed], ours: str) -> Assessment | None:
    """What the first imported guideline that knows the case says; `None` where none does.

    One that rates the order goes before one that only offers scenarios. `ours` is our library's version.
    """
    query = query_of(case)
    answers = [answer for each in guidelines if (answer := _answer(case, query, each, ours))]
    return max(answers, key=lambda answer: answer.outcome is Outcome.RATED, default=None)


def _answer(case: ImagingCase, query: Query, guideline: Licensed, ours: str) -> Assessment | None:
    found = guideline.matcher.recommend(query.text, query.age, query.sex, query.findings)
    close = [each for each in found.candidates if each.confidence >= CLOSE]
    said = _said(case, [each.variant for each in close])
    if not any(said):
        return None
    provenance = Provenance(criteria=f"{ours}+{guideline.library.version}")
    ratings = {each.rating if each else None for each in said}
    if len(ratings) == 1 and sum(each.confidence for each in close) >= SURE:
        return _rated(case, close, [each for each in said if each], guideline.library, provenance)
    if max(each.confidence for each in close) < OFFERED:
        return None
    return Assessment(
        Outcome.NOT_ENOUGH_INFORMATION,
        Source.GUIDELINE,
        provenance,
        scenarios=_scenarios(close, certain=False),
        missing=tuple(
            Question("scenario", question_text("scenario").format(scenario=each.variant.text))
            for each in close[:MOST_QUESTIONS]
        ),
        citations=_citations(close, guideline.library),
    )


def _said(case: ImagingCase, variants: Sequence[ImportedVariant]) -> list[ImportedRating | None]:
    """What each variant says of each procedure that the order may mean, or of what stands in for those."""
    for procedures in (case.procedures, case.relatives):
        rated = [each for each in procedures if any(variant.rating_of(each) for variant in variants)]
        if rated:
            return [variant.rating_of(each) for variant in variants for each in rated]
    return []


def _rated(
    case: ImagingCase,
    close: Sequence[Candidate],
    said: Sequence[ImportedRating],
    library: ImportedLibrary,
    provenance: Provenance,
) -> Assessment:
    first = said[0]
    return Assessment(
        Outcome.RATED,
        Source.GUIDELINE,
        provenance,
        rating=first.rating,
        procedure=first.procedure,
        radiation=first.radiation,
        panel_disagreed=any(each.panel_disagreed for each in said),
        scenarios=_scenarios(close, certain=True),
        fits=len(close) == 1,
        alternatives=better_choices(case, tuple(_variant(each.variant) for each in close), first.rating),
        citations=_citations(close, library),
        adult_presumed=case.age is None and first.radiation_for == "adult",
    )


def _scenarios(close: Sequence[Candidate], *, certain: bool) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(each.topic.id, each.variant.number, each.variant.text, certain=certain) for each in close
    )


def _citations(close: Sequence[Candidate], library: ImportedLibrary) -> tuple[Citation, ...]:
    """Each topic once: source, title, year, and the release that the site has imported."""
    release = library.release or library.version
    return tuple(
        dict.fromkeys(
            Citation(f"{library.source}: {each.topic.title}, release {release}", each.topic.year)
            for each in close
        )
    )


def _variant(imported: ImportedVariant) -> Variant:
    """The scenario as one of our own, with the ratings that are mapped; its condition is not asked."""
    ratings = {
        procedure: RatedProcedure(procedure, said.rating, said.radiation, "", said.panel_disagreed)
        for procedure in dict.fromkeys(each.procedure for each in imported.ratings)
        if procedure is not None and (said := imported.rating_of(procedure))
    }
    return Variant(imported.number, imported.number, imported.text, None, All(()), "", ratings)

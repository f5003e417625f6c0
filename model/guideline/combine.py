"""Several topics on one order: which ratings remain possible, and whether that is one.

An order is as appropriate as the best of its indications makes it. A topic that is not decided may turn out
not to apply at all, so it can only add to what is possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING

from model.assessment import Rating
from model.guideline.match import may_be_none
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.case import ImagingCase
    from model.guideline.match import Match
    from model.guideline.topic import RatedProcedure, Variant


class _Silence(Enum):
    NOT_APPLICABLE = "the topic does not apply"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one matching topic says of the ordered procedure.

    `procedures` are the catalogue ids that the order may mean and the topic rates, or the parts of the study
    `whole`, which the topic does not rate itself. `choices` are the ratings it may come to; `None` among them
    is a scenario that does not rate the procedure, or that no scenario need hold.
    """

    match: Match
    procedures: tuple[str, ...]
    choices: frozenset[Rating | None]
    whole: str | None = None

    @property
    def procedure(self) -> str | None:
        """The procedure that was judged; `None` where the order leaves it open."""
        return self.procedures[0] if len(self.procedures) == 1 else None


def verdict(found: Match, case: ImagingCase) -> Verdict | None:
    """The topic's verdict on the order; `None` where no scenario still possible rates it."""
    for candidates in (case.procedures, case.relatives):
        rated = tuple(
            procedure
            for procedure in candidates
            if any(procedure in variant.ratings for variant in found.possible)
        )
        if rated:
            said = choices(found.possible, rated)
            if len(said) == 1 and may_be_none(found, case):
                said |= {None}
            return Verdict(found, rated, said)
    return _by_parts(found, case)


def _by_parts(found: Match, case: ImagingCase) -> Verdict | None:
    """A study whose every part is usually appropriate in every scenario still possible is that as a whole.

    Of parts that are rated less, the whole may be rated better: of those nothing follows.
    """
    if len(case.procedures) != 1:
        return None
    whole = case.procedures[0]
    for parts in catalogue().divided(catalogue()[whole]):
        if choices(found.possible, parts) == {Rating.USUALLY_APPROPRIATE}:
            return Verdict(found, parts, frozenset({Rating.USUALLY_APPROPRIATE}), whole)
    return None


def choices(variants: Iterable[Variant], procedures: Iterable[str]) -> frozenset[Rating | None]:
    """The different ratings that the scenarios give the procedures; `None` for a scenario that gives none."""
    said = [variant.ratings.get(procedure) for variant in variants for procedure in procedures]
    return frozenset(rated.rating if rated else None for rated in said)


def possible_ratings(verdicts: Iterable[Verdict]) -> frozenset[Rating | None]:
    """Every rating that the order may deserve: the best of what each topic may come to.

    `None` among them means that it may also turn out to be unrated.
    """
    silence: frozenset[_Silence] = frozenset(_Silence)
    options = [each.choices if each.match.decided else each.choices | silence for each in verdicts]
    results: set[Rating | None] = set()
    for combination in product(*options):
        applicable = [choice for choice in combination if not isinstance(choice, _Silence)]
        ratings = [choice for choice in applicable if choice is not None]
        if applicable:
            results.add(max(ratings, key=lambda rating: rating.rank) if ratings else None)
    return frozenset(results)


def agreed(variants: tuple[Variant, ...], procedure: str) -> RatedProcedure | None:
    """What all scenarios say of the procedure; `None` where they differ or one of them says nothing."""
    ratings = [variant.ratings.get(procedure) for variant in variants]
    first = ratings[0]
    if first is None or any(rated is None or rated.rating is not first.rating for rated in ratings):
        return None
    return first

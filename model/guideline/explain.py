"""Verdicts put into assessments: the reasons, the better choices, and the questions that would decide."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from model.assessment import (
    Alternative,
    Assessment,
    Citation,
    Outcome,
    Question,
    RankedTopic,
    Scenario,
    Source,
)
from model.case import OLDEST_AGE
from model.guideline.combine import agreed, choices
from model.guideline.conditions import AgeIs, FindingIs, IndicationIs, SexIs
from model.guideline.match import deciding_facts
from terminology.findings import vocabulary
from terminology.procedures import Contrast, Modality, RadiationLevel, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from model.assessment import Provenance, Rating
    from model.case import ImagingCase
    from model.guideline.combine import Verdict
    from model.guideline.conditions import Atom
    from model.guideline.match import Match
    from model.guideline.topic import RatedProcedure, Variant
    from terminology.procedures import Procedure

QUESTIONS = Path(__file__).with_name("questions.yaml")
MOST_QUESTIONS: Final = 3
_BEST_RANK: Final = 2
_LEVELS: Final[Mapping[RadiationLevel | None, int]] = {
    level: int(level) for level in RadiationLevel if level is not RadiationLevel.VARIES
}
_MIDDLE_LEVEL: Final = 3


def rated(case: ImagingCase, verdict: Verdict, rating: Rating, provenance: Provenance) -> Assessment:
    """The order has this rating, by the topic of `verdict`."""
    found = verdict.match
    procedure = next(
        each
        for each in verdict.procedures
        if any(_gives(variant, each, rating) for variant in found.possible)
    )
    giving = [variant for variant in found.possible if _gives(variant, procedure, rating)]
    said = [variant.ratings[procedure] for variant in giving]
    own = [giving[0].reason] if found.decided else []
    return Assessment(
        Outcome.RATED,
        Source.GUIDELINE,
        provenance,
        rating=rating,
        procedure=verdict.whole or procedure,
        by_parts=verdict.procedures if verdict.whole else (),
        radiation=None if verdict.whole else said[0].radiation,
        panel_disagreed=any(each.panel_disagreed for each in said),
        reasons=tuple(dict.fromkeys([*own, *(_self_contained(each) for each in said)])),
        scenarios=_scenarios(found),
        fits=found.decided,
        facts=tuple(_known(found, case)) if found.decided else (),
        assumed=tuple(_name(atom) for atom in found.assumed),
        alternatives=better_choices(case, found.possible, rating),
        citations=(_citation(found),),
        presumes=found.possible[0].presumes if found.decided else None,
        adult_presumed=case.age is None and found.topic.population == "adult",
    )


def ranking(deciding: Verdict, verdicts: Sequence[Verdict]) -> tuple[RankedTopic, ...]:
    """The topics that apply: the one that decides, then the others by the best rating they may come to."""
    others = sorted((each for each in verdicts if each is not deciding), key=_best_rank, reverse=True)
    return tuple(
        RankedTopic(
            each.match.topic.title,
            tuple(sorted((rating for rating in each.choices if rating), key=lambda rating: -rating.rank)),
        )
        for each in (deciding, *others)
    )


def _best_rank(verdict: Verdict) -> tuple[int, bool]:
    ranks = [rating.rank for rating in verdict.choices if rating]
    return max(ranks, default=-1), verdict.match.decided


def undecided(case: ImagingCase, verdicts: Sequence[Verdict], provenance: Provenance) -> Assessment:
    """Several ratings are still possible; the questions say what would decide between them."""
    first = verdicts[0].match
    return Assessment(
        Outcome.NOT_ENOUGH_INFORMATION,
        Source.GUIDELINE,
        provenance,
        scenarios=tuple(scenario for each in verdicts for scenario in _scenarios(each.match)),
        fits=len(verdicts) == 1 and first.decided and first.certain,
        missing=_questions(case, verdicts),
        alternatives=better_choices(case, first.possible, None) if first.certain else (),
        citations=tuple(_citation(each.match) for each in verdicts),
    )


def unrated(case: ImagingCase, certain: Sequence[Match], provenance: Provenance) -> Assessment:
    """No guideline of the library rates this procedure for what the order is for."""
    return Assessment(
        Outcome.NO_GUIDANCE,
        Source.NONE,
        provenance,
        scenarios=tuple(scenario for found in certain for scenario in _scenarios(found)),
        alternatives=better_choices(case, certain[0].possible, None) if len(certain) == 1 else (),
        citations=tuple(_citation(found) for found in certain),
    )


def without_indication(provenance: Provenance) -> Assessment:
    """The order gives no reason that anybody could read."""
    return Assessment(
        Outcome.NOT_ENOUGH_INFORMATION,
        Source.NONE,
        provenance,
        missing=(Question("indication", _ordinary_questions()["indication"]),),
    )


def better_choices(
    case: ImagingCase, variants: tuple[Variant, ...], than: Rating | None
) -> tuple[Alternative, ...]:
    """Imaging studies rated better under every scenario; without a rating to beat, the best band only.

    Within a band the least radiation comes first, then the nearest to what was ordered.
    """
    floor = _BEST_RANK - 1 if than is None else than.rank
    if floor >= _BEST_RANK:
        return ()
    ordered = catalogue()[case.procedures[0]]
    found = []
    for procedure, first in variants[0].ratings.items():
        if first.rating.rank <= floor or procedure in case.procedures:
            continue
        said = agreed(variants, procedure)
        if said and catalogue()[procedure].modality is not Modality.NONE:
            found.append(Alternative(procedure, said.rating, said.radiation))
    return tuple(
        sorted(
            found,
            key=lambda each: (
                -each.rating.rank,
                _LEVELS.get(each.radiation, _MIDDLE_LEVEL),
                *_distance(ordered, catalogue()[each.procedure]),
            ),
        )
    )


def _distance(ordered: Procedure, other: Procedure) -> tuple[bool, bool, bool]:
    enhanced = {Contrast.WITH, Contrast.WITHOUT_AND_WITH}
    return (
        (ordered.contrast in enhanced) != (other.contrast in enhanced),
        ordered.modality[:2] != other.modality[:2],
        not set(ordered.regions) & set(other.regions),
    )


def _self_contained(said: RatedProcedure) -> str:
    """The reason as a sentence that can stand alone: a leading "It" is the procedure."""
    pronoun, _, rest = said.reason.partition(" ")
    return f"{catalogue()[said.procedure].name} {rest}" if pronoun == "It" else said.reason


def _gives(variant: Variant, procedure: str, rating: Rating) -> bool:
    said = variant.ratings.get(procedure)
    return said is not None and said.rating is rating


def _scenarios(found: Match) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(found.topic.id, variant.id, variant.description, certain=found.certain)
        for variant in found.possible
    )


def _citation(found: Match) -> Citation:
    return Citation(f"{found.topic.guideline}: {found.topic.source_topic}", found.topic.year)


def _known(found: Match, case: ImagingCase) -> Iterator[str]:
    """The facts that make the chosen scenario's condition true, each once, in our words."""
    yield from dict.fromkeys(
        _fact(atom, case) for atom in found.possible[0].when.atoms() if atom.known(case) is True
    )


def _fact(atom: Atom, case: ImagingCase) -> str:
    if isinstance(atom, AgeIs) and case.age:
        first, last = int(case.age.low), int(case.age.high)
        if case.age.high >= OLDEST_AGE:
            return f"age {first} or older"
        return f"age {first}" if case.age.years is not None else f"age {first} to {last}"
    return case.sex if isinstance(atom, SexIs) and case.sex else _name(atom)


def _name(atom: Atom) -> str:
    if isinstance(atom, FindingIs | IndicationIs):
        return vocabulary()[atom.finding].name
    if isinstance(atom, AgeIs):
        return _ages(atom)
    return atom.key.replace("-", " ")


def _ages(atom: AgeIs) -> str:
    """The ages that a condition asks for."""
    if atom.at_least is None:
        return f"age under {atom.below:g}"
    return (
        f"age {atom.at_least:g} or older"
        if atom.below is None
        else f"age {atom.at_least:g} to under {atom.below:g}"
    )


def _questions(case: ImagingCase, verdicts: Sequence[Verdict]) -> tuple[Question, ...]:
    asked: dict[str, Question] = {}
    for verdict in verdicts:
        found = verdict.match
        if _procedure_matters(verdict):
            names = "; ".join(catalogue()[each].name for each in verdict.procedures)
            asked["procedure"] = Question("procedure", f"{_ordinary_questions()['procedure']} ({names})")
        if found.for_child:
            asked["age"] = Question("age", _ordinary_questions()["age"])
        elif not found.certain:
            primary = found.topic.indications[0]
            asked[primary] = Question(primary, vocabulary()[primary].question)
        for atom in deciding_facts(found, case, partial(_open_ratings, procedures=verdict.procedures)):
            asked.setdefault(atom.key, Question(atom.key, _question(atom)))
    return tuple(asked.values())[:MOST_QUESTIONS]


def _open_ratings(variants: tuple[Variant, ...], procedures: tuple[str, ...]) -> int:
    return len(choices(variants, procedures))


def _procedure_matters(verdict: Verdict) -> bool:
    return any(len(choices((variant,), verdict.procedures)) > 1 for variant in verdict.match.possible)


def _question(atom: Atom) -> str:
    if isinstance(atom, FindingIs | IndicationIs):
        return vocabulary()[atom.finding].question
    return question_text(atom.key)


def question_text(key: str) -> str:
    """The question for a kind of fact that is no finding, from `questions.yaml`."""
    return _ordinary_questions()[key]


@cache
def _ordinary_questions() -> Mapping[str, str]:
    questions: dict[str, str] = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    return questions

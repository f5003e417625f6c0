"""Results as facts: each finding with a rule for observations, by the newest result that speaks to it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from model.facts import Fact, Origin
from terminology.findings import ObservationRule, vocabulary
from terminology.reading import read_concept
from terminology.systems import LOINC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from chart.results import Result


def result_facts(results: Iterable[Result], day: date) -> Iterator[Fact]:
    """The findings that results state on a day, the newest result of each kind first and alone."""
    spoken: set[str] = set()
    for result in sorted(results, key=_newest_first):
        for finding, holds in _stated(result, day):
            if finding not in spoken:
                spoken.add(finding)
                yield Fact(finding, "present" if holds else "absent", Origin.RESULT)


def _newest_first(result: Result) -> int:
    return -result.taken.last.toordinal() if result.taken else 0


def _stated(result: Result, day: date) -> Iterator[tuple[str, bool]]:
    age_days = (day - result.taken.last).days if result.taken else 0
    for coding in result.concept.codings:
        for finding, rule in _rules().get(coding.code, ()) if coding.system == LOINC else ():
            holds = _holds(rule, result)
            if holds is not None and age_days <= rule.within_days:
                yield finding, holds
    for statement in read_concept(result.value).statements:
        yield statement.finding, statement.polarity == "present"
    if result.verdict is not None or result.value.empty:
        for statement in read_concept(result.concept).statements if not _is_test(result) else ():
            yield statement.finding, (statement.polarity == "present") == (result.verdict != "negative")


def _is_test(result: Result) -> bool:
    """True for a LOINC-coded observation: its code names what was measured, not what was found."""
    return any(coding.system == LOINC for coding in result.concept.codings)


def _holds(rule: ObservationRule, result: Result) -> bool | None:
    if rule.is_ is not None:
        return None if result.verdict is None else result.verdict == rule.is_
    if result.number is None:
        return None
    return (rule.at_least is None or result.number >= rule.at_least) and (
        rule.below is None or result.number < rule.below
    )


@cache
def _rules() -> Mapping[str, list[tuple[str, ObservationRule]]]:
    rules: dict[str, list[tuple[str, ObservationRule]]] = {}
    for finding in vocabulary():
        for code in finding.observation.loinc if finding.observation else ():
            if finding.observation is not None:
                rules.setdefault(code, []).append((finding.id, finding.observation))
    return rules

"""Results as facts: each finding with a rule for observations, by the newest result that speaks to it."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from model.facts import Fact, Origin, elapsed
from terminology.coding import Coding, Concept
from terminology.findings import ObservationRule, vocabulary
from terminology.reading import read_concept
from terminology.systems import LOINC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from chart.results import Result
    from terminology.findings import Polarity
    from terminology.reading import Statement

_WITHIN_DAYS: Final = 30
"""How long an answer in words counts, where the finding has no rule of its own and does not last."""


def result_facts(results: Iterable[Result], day: date) -> Iterator[Fact]:
    """The findings that results state on a day, the newest result of each kind first and alone.

    A newer result that leaves a finding open silences the older ones. Results of the same time all speak:
    where they contradict each other, the finding becomes unknown. A result without a date counts as taken on
    the day.
    """
    spoken: set[str] = set()
    for _, group in groupby(sorted(results, key=_newest_first), key=_newest_first):
        asked: set[str] = set()
        for result in group:
            for finding, holds in _stated(result, day):
                asked.add(finding)
                if holds is not None and finding not in spoken:
                    polarity: Polarity = "present" if holds else "absent"
                    yield Fact(finding, polarity, Origin.RESULT, elapsed(result.taken, day))
        spoken |= asked


def _newest_first(result: Result) -> tuple[int, float]:
    return (-result.taken.last.toordinal() if result.taken else 0, -(result.moment or 0.0))


def _stated(result: Result, day: date) -> Iterator[tuple[str, bool | None]]:
    """What the result says of each finding it speaks to; `None` where it leaves that open."""
    days = (day - result.taken.first).days if result.taken else 0
    answered = dict(_answers(result, days))
    yield from answered.items()
    for coding in result.concept.codings:
        for finding, rule in _rules().get(coding.code, ()) if coding.system == LOINC else ():
            if finding not in answered and days <= rule.within_days and _has_value(result):
                yield finding, _holds(rule, result)


def _answers(result: Result, days: int) -> Iterator[tuple[str, bool]]:
    """What the answer says in words or codes, or the observation's own name where it names a finding."""
    for statement in read_concept(result.value).statements:
        if _counts(statement, days):
            yield statement.finding, statement.polarity == "present"
    if _names_a_test(result) or (result.verdict is None and _has_value(result)):
        return
    for statement in read_concept(_name(result)).statements:
        if _counts(statement, days):
            yield statement.finding, (statement.polarity == "present") == (result.verdict != "negative")


def _counts(statement: Statement, days: int) -> bool:
    finding = vocabulary()[statement.finding]
    if statement.past:
        return False
    return finding.lasting or days <= (
        finding.observation.within_days if finding.observation else _WITHIN_DAYS
    )


def _has_value(result: Result) -> bool:
    return result.measure is not None or result.verdict is not None or not result.value.empty


def _names_a_test(result: Result) -> bool:
    """True for a LOINC-coded observation: its code names what was measured, not what was found."""
    return any(coding.system == LOINC for coding in result.concept.codings)


def _name(result: Result) -> Concept:
    """What was observed. Without a value only its codes count: the words may name a test that was ordered."""
    if result.verdict is not None:
        return result.concept
    return Concept(tuple(Coding(coding.code, coding.system) for coding in result.concept.codings))


def _holds(rule: ObservationRule, result: Result) -> bool | None:
    if rule.is_ is not None:
        return None if result.verdict is None else result.verdict == rule.is_
    measure = result.measure
    if measure is None:
        return None
    below_least = False if rule.at_least is None else measure.below(rule.at_least)
    below_limit = True if rule.below is None else measure.below(rule.below)
    if below_least or below_limit is False:
        return False
    return None if below_least is None or below_limit is None else True


@cache
def _rules() -> Mapping[str, list[tuple[str, ObservationRule]]]:
    rules: dict[str, list[tuple[str, ObservationRule]]] = {}
    for finding in vocabulary():
        for code in finding.observation.loinc if finding.observation else ():
            if finding.observation is not None:
                rules.setdefault(code, []).append((finding.id, finding.observation))
    return rules

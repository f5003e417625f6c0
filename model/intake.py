"""The door into the clinical reasoning: an order with its chart, or a plain record, becomes an `ImagingCase`.

Here everything that could tell who the patient is stays behind: dates become days and years, words become
findings, codes become ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chart.problems import Standing
from model.case import OLDEST_AGE, Age, ImagingCase, Indication
from model.facts import Fact, Origin, close
from model.history import prior_studies, study_facts
from model.ordered import ordered_procedures
from model.results import result_facts
from terminology.findings import vocabulary
from terminology.reading import Statement, read_concept, read_text
from terminology.statements import Statements, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from chart.chart import Chart
    from chart.order import Order
    from chart.problems import Problem
    from model.case import PriorStudy, Sex
    from terminology.coding import Concept


@dataclass(frozen=True, slots=True)
class PlainCase:
    """A case as a person writes it down: concepts and words, and no chart."""

    procedure: Concept
    indications: tuple[Concept, ...]
    scenario: str | None = None
    age_years: float | None = None
    sex: Sex | None = None


def case_of_order(order: Order, chart: Chart, today: date) -> ImagingCase | None:
    """The case of one order; `None` where the order is not for imaging that the catalogue knows.

    Ages and intervals are taken on the day the order was written, `today` where it does not say.
    """
    procedures, relatives = ordered_procedures(order.code)
    if not procedures:
        return None
    day = order.authored.last if order.authored else today
    problems = chart.problems or ()
    referenced = [each for each in problems if each.reference in order.reason_references]
    reasons = (*order.reasons, *(problem.concept for problem in referenced))
    notes = (*order.notes, *(detail.text for detail in order.details if detail.text))
    age = chart.patient.age_on(day) if chart.patient else None
    return _case(
        procedures=procedures,
        relatives=relatives,
        reasons=reasons,
        notes=notes,
        problems=problems,
        chart_facts=(
            *_problem_facts(problems),
            *result_facts(chart.results or (), day),
            *study_facts(chart.studies or (), procedures),
        ),
        age=Age(*(min(years, OLDEST_AGE) for years in age)) if age else None,
        sex=chart.patient.sex if chart.patient else None,
        studies=prior_studies(chart, day),
    )


def case_of_record(record: PlainCase) -> ImagingCase | None:
    """The case of a plain record; `None` where its procedure is no imaging that the catalogue knows."""
    procedures, relatives = ordered_procedures(record.procedure)
    if not procedures:
        return None
    years = record.age_years
    return _case(
        procedures=procedures,
        relatives=relatives,
        reasons=record.indications,
        notes=(record.scenario,) if record.scenario else (),
        problems=(),
        chart_facts=(),
        age=None if years is None else Age(min(years, OLDEST_AGE), min(years, OLDEST_AGE)),
        sex=record.sex,
        studies=None,
    )


def _case(  # noqa: PLR0913 - the parts of a case, each once
    *,
    procedures: tuple[str, ...],
    relatives: tuple[str, ...],
    reasons: Sequence[Concept],
    notes: Sequence[str],
    problems: Sequence[Problem],
    chart_facts: Iterable[Fact],
    age: Age | None,
    sex: Sex | None,
    studies: tuple[PriorStudy, ...] | None,
) -> ImagingCase:
    indications = tuple(_indication(reason) for reason in reasons)
    noted = [statement for note in notes for statement in read_text(note)]
    read = [statement for reason in reasons for statement in read_concept(reason).statements] + noted
    if any(statement.polarity == "present" for statement in noted):
        indications += (Indication(None, tuple(each.finding for each in noted), legible=True),)
    active = [problem.concept for problem in problems if problem.standing is Standing.ACTIVE]
    if not any(indication.legible for indication in indications) and active:
        indications = tuple(_indication(concept) for concept in active)
        indicating = [statement for concept in active for statement in read_concept(concept).statements]
    else:
        indicating = read
    words = read_statements("\n".join(_texts(reasons, notes)))
    facts = close(
        (*_facts(read, Origin.ORDER), *_word_facts(words), *chart_facts), vocabulary(), sex or words.sex
    )
    return ImagingCase(
        procedures,
        indications=indications,
        indicated=_indicated(indicating),
        facts=facts,
        relatives=relatives,
        age=age or (None if words.age_years is None else Age(*2 * (min(words.age_years, OLDEST_AGE),))),
        sex=sex or words.sex,
        duration_days=words.duration_days,
        prior_studies=studies,
    )


def _indication(concept: Concept) -> Indication:
    read = read_concept(concept)
    return Indication(
        read.icd10cm, tuple(each.finding for each in read.statements), legible=read.legible
    )


def _indicated(statements: Iterable[Statement]) -> frozenset[str]:
    """The findings that the order is for, and all broader ones."""
    named = {each.finding for each in statements if each.polarity == "present" and not each.past}
    return frozenset(named.union(*(vocabulary().ancestors[finding] for finding in named)))


def _facts(statements: Iterable[Statement], origin: Origin) -> list[Fact]:
    """What holds now; a past statement says nothing of the present."""
    return [Fact(each.finding, each.polarity, origin) for each in statements if not each.past]


def _problem_facts(problems: Iterable[Problem]) -> list[Fact]:
    facts = []
    for problem in problems:
        for fact in _facts(read_concept(problem.concept).statements, Origin.PROBLEM_LIST):
            finding = vocabulary()[fact.finding]
            if finding.of_order:
                continue
            if problem.standing is Standing.REFUTED:
                facts.append(Fact(fact.finding, "absent", fact.origin))
            elif problem.standing is Standing.ACTIVE or finding.lasting:
                facts.append(fact)
    return facts


def _word_facts(words: Statements) -> list[Fact]:
    """The findings that ages, phases and courses read from the order's words amount to."""
    facts = []
    if words.pregnant is not None:
        facts.append(Fact("pregnancy", "present" if words.pregnant else "absent", Origin.ORDER))
    if words.phase == "initial":
        facts.append(Fact("no-prior-imaging", "present", Origin.ORDER))
    if words.acuity is not None:
        facts.append(Fact(words.acuity, "present", Origin.ORDER))
    return facts


def _texts(reasons: Iterable[Concept], notes: Iterable[str]) -> list[str]:
    return [*(reason.text for reason in reasons if reason.text), *notes]

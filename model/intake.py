"""The door into the clinical reasoning: an order with its chart, or a plain record, becomes an `ImagingCase`.

Here everything that could tell who the patient is stays behind: dates become days and years, words become
findings and allow-listed spans, codes become ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nextafter
from typing import TYPE_CHECKING, Final, TypeVar

from chart.problems import Standing
from chart.reasons import pointed_problems, pointed_results, pointed_studies, read_reasons
from model.case import OLDEST_AGE, Age, ImagingCase, Indication
from model.facts import Fact, Origin, close, elapsed
from model.history import prior_studies, seen_studies, study_facts
from model.ordered import ordered_procedures
from model.results import result_facts
from model.safety import without_idle_date
from model.spans import spans
from model.told import NO_LISTS, comma_lists
from terminology.ambiguous import decided_by_study
from terminology.findings import vocabulary
from terminology.procedures import catalogue
from terminology.reading import read_allergen, read_concept, read_text, suggested_findings
from terminology.statements import read_statements
from terminology.study_places import may_be_one_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from chart.chart import Chart
    from chart.order import Order
    from chart.problems import Allergy, Problem
    from model.case import PriorStudy, Sex
    from model.facts import Elapsed
    from model.told import CommaLists
    from terminology.coding import Concept
    from terminology.reading import ConceptReading, Statement
    from terminology.statements import Statements

Read = TypeVar("Read")

ACUTE_DAYS: Final = 28
LASTING_DAYS: Final = 180
"""How long what a study showed counts for a complaint that is acute, and for one that lasts."""
GESTATION_DAYS: Final = 315
"""How long a pregnancy lasts at most: 45 weeks."""
_INJURIES: Final = ("S", "T07", "T14", "V", "W", "X", "Y0", "Y1", "Y2", "Y3")
"""Where ICD-10-CM has injuries and what caused them."""
LASTING_COURSES: Final = frozenset({"subacute", "chronic"})


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
    procedures, relatives = ordered_procedures(order.code, (*order.details, *order.body_sites))
    if not procedures:
        return None
    day = order_day(order, today)
    reasons = read_reasons(order, chart)
    said = _said(reasons.concepts, reasons.notes, (*procedures, *relatives))
    problems = _each_once(chart.problems, pointed_problems(reasons.pointed))
    results = _each_once(chart.results, pointed_results(reasons.pointed))
    studies = None if chart.studies is None else seen_studies(chart.studies)
    pointed = seen_studies(pointed_studies(reasons.pointed))
    age = chart.patient.age_on(day) if chart.patient else None
    return _case(
        said,
        procedures=procedures,
        relatives=relatives,
        problems=problems,
        chart_facts=(
            *_problem_facts(problems, day),
            *_allergy_facts(chart.allergies or (), day),
            *result_facts(results, day),
            *study_facts(_each_once(studies, pointed), procedures, day, within_days=_episode_days(said)),
        ),
        age=Age(*(min(years, OLDEST_AGE) for years in age)) if age else None,
        sex=chart.patient.sex if chart.patient else None,
        studies=prior_studies(studies, day, complete=chart.studies_complete),
        complete=chart.studies_complete,
    )


def case_of_record(record: PlainCase) -> ImagingCase | None:
    """The case of a plain record; `None` where its procedure is no imaging that the catalogue knows."""
    procedures, relatives = ordered_procedures(record.procedure)
    if not procedures:
        return None
    years = record.age_years
    return _case(
        _said(record.indications, (record.scenario,) if record.scenario else (), (*procedures, *relatives)),
        procedures=procedures,
        relatives=relatives,
        problems=(),
        chart_facts=(),
        age=None if years is None else Age(min(years, OLDEST_AGE), min(years, OLDEST_AGE)),
        sex=record.sex,
        studies=None,
        complete=False,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What the order's reasons and notes say."""

    indications: tuple[Indication, ...]
    statements: tuple[Statement, ...]
    words: Statements
    spans: tuple[str, ...]


def _said(reasons: Sequence[Concept], notes: Sequence[str], procedures: tuple[str, ...]) -> _Said:
    readings = [_for_study(reason, procedures) for reason in reasons]
    noted = tuple(
        statement
        for note in notes
        for statement in (*_of_place(read_text(note), procedures), *decided_by_study(note, procedures))
    )
    lists = comma_lists((*(each for reading in readings for each in reading.statements), *noted))
    if lists is not NO_LISTS:
        readings, noted = [_settled(reading, lists) for reading in readings], lists.settled(noted)
    indications = tuple(
        _indication(reading) if reading.statements or reading.icd10cm else _unrecognised(reason, reading)
        for reason, reading in zip(reasons, readings, strict=True)
    )
    if any(statement.polarity == "present" for statement in noted):
        indications += (Indication(None, tuple(each.finding for each in noted), legible=True),)
    if lists.asked:
        indications += (Indication(None, (), legible=True, suggested=lists.asked),)
    texts = (*(reason.text for reason in reasons if reason.text), *notes)
    return _Said(
        indications,
        (*(statement for reading in readings for statement in reading.statements), *noted),
        read_statements("\n".join(texts)),
        spans(texts),
    )


def _for_study(reason: Concept, procedures: tuple[str, ...]) -> ConceptReading:
    """What a reason says, as it is meant for the ordered study."""
    reading = read_concept(reason)
    more = decided_by_study(reason.text, procedures) if reason.text else ()
    if not more and not any(each.regions for each in reading.statements):
        return reading
    said = tuple(dict.fromkeys((*_of_place(reading.statements, procedures), *more)))
    return replace(reading, statements=said, legible=reading.legible or bool(more))


def _of_place(statements: Iterable[Statement], procedures: tuple[str, ...]) -> tuple[Statement, ...]:
    """The statements without those of an earlier study of another place than the ordered one."""
    stated = tuple(statements)
    if not any(each.regions for each in stated):
        return stated
    ordered = {region for procedure in procedures for region in catalogue()[procedure].regions}
    return tuple(each for each in stated if may_be_one_place(each.regions, ordered))


def _settled(reading: ConceptReading, lists: CommaLists) -> ConceptReading:
    statements = lists.settled(reading.statements)
    legible = reading.legible or any(each.polarity == "present" for each in statements)
    return replace(reading, statements=statements, legible=legible)


def _unrecognised(reason: Concept, reading: ConceptReading) -> Indication:
    return Indication(None, (), legible=reading.legible, suggested=suggested_findings(reason))


def _case(  # noqa: PLR0913 - the parts of a case, each once
    said: _Said,
    *,
    procedures: tuple[str, ...],
    relatives: tuple[str, ...],
    problems: Sequence[Problem],
    chart_facts: Iterable[Fact],
    age: Age | None,
    sex: Sex | None,
    studies: tuple[PriorStudy, ...] | None,
    complete: bool,
) -> ImagingCase:
    indications, indicating, words = said.indications, said.statements, said.words
    active = [problem.concept for problem in problems if problem.standing is Standing.ACTIVE]
    inferred = bool(active) and not any(indication.legible for indication in indications)
    if inferred:
        readings = [read_concept(concept) for concept in active]
        indications = tuple(map(_indication, readings))
        indicating = tuple(statement for reading in readings for statement in reading.statements)
    dated = map(without_idle_date, chart_facts)
    stated = (*_facts(said.statements, Origin.ORDER), *_word_facts(words), *dated)
    return ImagingCase(
        procedures,
        indications=indications,
        indicated=_indicated(indicating),
        inferred=inferred,
        facts=close(stated, vocabulary(), sex or words.sex),
        relatives=relatives,
        age=age or _age_said(words),
        sex=sex or words.sex,
        duration_days=words.duration_days,
        prior_studies=studies,
        history_complete=complete,
        spans=said.spans,
    )


def _age_said(words: Statements) -> Age | None:
    """The age that words give, or else the ages of the stage of life that they tell."""
    if words.age_years is not None:
        return Age(*2 * (min(words.age_years, OLDEST_AGE),))
    if words.stage_years is None:
        return None
    first, end = words.stage_years
    return Age(first, min(nextafter(end, first), OLDEST_AGE))


def order_day(order: Order, today: date) -> date:
    """The day the order was written; of a year or month that is not over, the day so far."""
    authored = order.authored
    if authored is None or authored.first <= today <= authored.last:
        return today
    return authored.last


def _episode_days(said: _Said) -> float:
    """How far back an earlier study belongs to the complaint that the order is for."""
    if said.words.duration_days is not None:
        return max(said.words.duration_days, ACUTE_DAYS)
    present = {each.finding for each in said.statements if each.polarity == "present"}
    return ACUTE_DAYS if present.isdisjoint(LASTING_COURSES) else LASTING_DAYS


def _indication(read: ConceptReading) -> Indication:
    return Indication(read.icd10cm, tuple(each.finding for each in read.statements), legible=read.legible)


def _indicated(statements: Iterable[Statement]) -> frozenset[str]:
    """The findings that the order is for, and all broader ones."""
    named = {each.finding for each in statements if each.polarity == "present" and not each.past}
    return frozenset(named.union(*(vocabulary().ancestors[finding] for finding in named)))


def _facts(statements: Iterable[Statement], origin: Origin, since: Elapsed | None = None) -> list[Fact]:
    """What holds now; a past statement says nothing of the present."""
    return [Fact(each.finding, each.polarity, origin, since) for each in statements if not each.past]


def _problem_facts(problems: Iterable[Problem], day: date) -> list[Fact]:
    """What the problems say; one that is past only if it lasts, one that is refuted that it is not so."""
    facts = []
    for problem in problems:
        since = elapsed(problem.dated, day)
        reading = read_concept(problem.concept)
        active = problem.standing is Standing.ACTIVE and not _is_over(reading, since)
        for fact in _facts(reading.statements, Origin.PROBLEM_LIST, since):
            if problem.standing is Standing.REFUTED:
                if fact.polarity == "present":
                    facts.append(Fact(fact.finding, "absent", fact.origin, since))
            elif active or vocabulary()[fact.finding].lasting:
                facts.append(fact)
    return facts


def _is_over(problem: ConceptReading, since: Elapsed | None) -> bool:
    """Whether a problem that nobody closed is long over: an injury or a pregnancy of long ago."""
    if since is None:
        return False
    if problem.icd10cm is not None and problem.icd10cm.startswith(_INJURIES):
        return since.least > LASTING_DAYS
    return since.least > GESTATION_DAYS and any(each.finding == "pregnancy" for each in problem.statements)


def _allergy_facts(allergies: Iterable[Allergy], day: date) -> list[Fact]:
    """The findings that a list of allergies states: by code, or by the name of what is not tolerated."""
    return [
        Fact(statement.finding, statement.polarity, Origin.ALLERGY_LIST, elapsed(allergy.dated, day))
        for allergy in allergies
        for statement in read_allergen(allergy.concept)
    ]


def _word_facts(words: Statements) -> list[Fact]:
    """The findings that a pregnancy and a phase read from the order's words amount to."""
    facts = []
    if words.pregnant is not None:
        facts.append(Fact("pregnancy", "present" if words.pregnant else "absent", Origin.ORDER))
    if words.phase == "initial":
        facts.append(Fact("no-prior-imaging", "present", Origin.ORDER))
    return facts


def _each_once(listed: tuple[Read, ...] | None, pointed: tuple[Read, ...]) -> tuple[Read, ...]:
    return tuple(dict.fromkeys((*(listed or ()), *pointed)))

"""What makes a study risky for this patient: told beside the rating with its date, in words of `safety.yaml`.

The case holds days, not dates; only a card, which knows the day of its order, writes the date again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from model.assessment import Caution
from model.facts import Elapsed, Origin
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from model.case import ImagingCase, PriorStudy
    from model.facts import Fact
    from terminology.procedures import Procedure

WORDS: Final = Path(__file__).with_name("safety.yaml")
_MAGNETIC: Final = frozenset({Modality.MR, Modality.MRA, Modality.MRV, Modality.PET_MR})
_LONG_AGO: Final = 1_000_000
"""Where a fact without a date stands among those with one: behind them."""


def any_risk(case: ImagingCase) -> bool:
    """Whether anything is known that could make a study risky; false of most cases, and quick to say."""
    return bool(case.prior_studies) or not case.facts.present.isdisjoint(_risky_findings())


def without_idle_date(fact: Fact) -> Fact:
    """The fact, dated only where a caution may tell its date: a case holds no more than is used."""
    if fact.elapsed is None or fact.finding in _dated_findings():
        return fact
    return replace(fact, elapsed=None)


def cautions(case: ImagingCase, procedure: str) -> tuple[Caution, ...]:
    """One for each known fact that makes the procedure risky; an unknown fact makes none."""
    entry = catalogue()[procedure]
    stated = (_stated(case, finding, kind) for finding, kind in _risks(case, entry))
    return (*stated, *_repeated(case, entry))


def caution_text(caution: Caution, day: date | None) -> str:
    """The caution as a sentence, with its date where the order's day is known, else with the days since."""
    table = _table()
    when = _when(caution.elapsed, day)
    place = table["places"][caution.origin.value]
    where = place["dated"].format(when=when) if when else place["undated"]
    sentence: str = table["words"][caution.kind].format(where=where)
    return sentence


def _risks(case: ImagingCase, procedure: Procedure) -> Iterator[tuple[str, str]]:
    """The findings that make the procedure risky, each with the kind of caution it is."""
    known = case.facts.present
    if "pregnancy" in known and procedure.ionising:
        yield "pregnancy", "pregnancy"
    for medium, given in (("iodinated", procedure.iodinated_contrast), ("gadolinium", procedure.gadolinium)):
        if not given:
            continue
        rules = _table()["contrast"][medium]
        if rules["allergy"] in known:
            yield rules["allergy"], rules["allergy"]
        kidney = next((finding for finding in rules["kidney"] if finding in known), None)
        if kidney:
            yield kidney, f"{kidney}-{medium}"
        if "acute-kidney-injury" in known:
            yield "acute-kidney-injury", f"acute-kidney-injury-{medium}"
    if "mri-unsafe-implant" in known and procedure.modality in _MAGNETIC:
        yield "mri-unsafe-implant", "mri-unsafe-implant"


def _stated(case: ImagingCase, finding: str, kind: str) -> Caution:
    """The caution by the newest statement of the finding or a narrower one; the order's is of its day."""
    narrower = vocabulary().descendants[finding]
    saying = [
        fact
        for fact in case.facts.stated
        if fact.polarity == "present" and (fact.finding == finding or fact.finding in narrower)
    ]
    newest = min(saying, key=_age_of, default=None)
    return Caution(kind, newest.origin, newest.elapsed) if newest else Caution(kind, Origin.STATED)


def _age_of(fact: Fact) -> int:
    if fact.elapsed is not None:
        return fact.elapsed.least
    return 0 if fact.origin is Origin.ORDER else _LONG_AGO


def _repeated(case: ImagingCase, procedure: Procedure) -> Iterator[Caution]:
    """The newest study within its window: the same procedure, else one of the same modality and region."""
    windows = _table()["windows"]
    kind_days = windows["modality"].get(procedure.modality.value, 0)
    own_days = windows["procedure"].get(procedure.id, kind_days)
    alike = [
        (study.days_ago, study)
        for study in case.prior_studies or ()
        if study.days_ago is not None
        and study.modality is procedure.modality
        and study.days_ago <= (own_days if study.procedure == procedure.id else min(own_days, kind_days))
        and not set(study.regions).isdisjoint(procedure.regions)
    ]
    if alike:
        days, study = min(alike, key=lambda each: each[0])
        kind = "repeated" if study.procedure == procedure.id else "repeated-kind"
        yield Caution(kind, Origin.HISTORY, _span(study, days))


def _span(study: PriorStudy, days: int) -> Elapsed:
    return Elapsed(days, days if study.days_at_most is None else study.days_at_most)


def _when(elapsed: Elapsed | None, day: date | None) -> str | None:
    """A date as exactly as it is known, or the days since; `None` where the record gives no date."""
    if elapsed is None:
        return None
    if day is None:
        return _days_since(elapsed)
    first, last = (day - timedelta(days=days) for days in (elapsed.most, elapsed.least))
    if first == last:
        return f"{last.isoformat()}{_table()['when']['of-order'] if last == day else ''}"
    return f"{last:%Y-%m}" if (first.year, first.month) == (last.year, last.month) else f"{last:%Y}"


def _days_since(elapsed: Elapsed) -> str:
    words = _table()["when"]
    if elapsed.least != elapsed.most:
        pattern: str = words["between" if elapsed.least > 0 else "up-to"]
        return pattern.format(least=elapsed.least, most=elapsed.most)
    if not elapsed.most:
        return str(words["same-day"])
    days = abs(elapsed.most)
    counted: str = words["before" if elapsed.most > 0 else "after"]["one" if days == 1 else "many"]
    return counted.format(days=days)


@cache
def _risky_findings() -> frozenset[str]:
    rules = _table()["contrast"].values()
    of_contrast = {finding for each in rules for finding in (each["allergy"], *each["kidney"])}
    return frozenset({"pregnancy", "mri-unsafe-implant", "acute-kidney-injury", *of_contrast})


@cache
def _dated_findings() -> frozenset[str]:
    risky = _risky_findings()
    return risky.union(*(vocabulary().descendants[finding] for finding in risky))


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return table

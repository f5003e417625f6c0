"""The vocabulary of clinical findings: what a code or a phrase says about a patient.

A finding is one answerable statement ("papilledema", "pregnancy", "negative D-dimer"). Guideline topics are
written in findings, charts and orders are read into them, and this vocabulary is where the two meet. The
findings themselves are the files `findings/*.yaml`, one a body region, each checked when it is loaded.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from terminology.compiled import compiled, digest_of
from terminology.finding_codes import CODES, code_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FINDINGS = Path(__file__).with_name("findings")

Polarity = Literal["present", "absent"]


class FindingsError(ValueError):
    """A findings file breaks a rule; the message names file, finding and rule."""


@dataclass(frozen=True, slots=True)
class ObservationRule:
    """When a laboratory or survey result states a finding: its LOINC codes and the value that means yes.

    `is_` is an interpretation ("positive", "negative"); `below` and `at_least` compare a quantity. A result
    older than `within_days` states nothing.
    """

    loinc: tuple[str, ...]
    is_: Literal["positive", "negative"] | None = None
    below: float | None = None
    at_least: float | None = None
    within_days: int = 30


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """When a number in a text states a finding: what it follows or counts, and from which value on.

    `named` are words before the number ("wells"), `counted` words behind it ("pack years"); where both are
    given both must stand. `at_least` is included, `below` is not.
    """

    named: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    at_least: float | None = None
    below: float | None = None

    def holds(self, low: float, high: float) -> bool:
        """Whether every value from `low` to `high` states the finding."""
        return (self.at_least is None or low >= self.at_least) and (self.below is None or high < self.below)


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about a patient.

    `lasting`: a past mention counts as present (a cancer once had). `family`: the finding that a mention
    about a relative means. `of_order`: it tells of the complaint at hand, so a problem list cannot state
    it. `implies`: broader findings that hold whenever this one does. `excludes`: findings that cannot
    hold together with it. `imaging`: the modalities of an earlier study that it tells of, and
    `conclusions` the words by which the report of such a study states it. `allergens`: substances that
    state it when they stand on a list of allergies.
    """

    id: str
    name: str
    question: str
    icd10cm: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    absent_icd10cm: tuple[str, ...] = ()
    absent_snomed: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    family: str | None = None
    lasting: bool = False
    of_order: bool = False
    sex: Literal["male", "female"] | None = None
    imaging: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    observation: ObservationRule | None = None
    measures: tuple[MeasureRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All findings, found by id, by ICD-10-CM code (every matching prefix) and by SNOMED CT code.

    `ancestors` and `descendants` are all broader and narrower findings, `excluded` those that cannot hold
    together with one, `impossible` those that a patient of a sex cannot have.
    """

    findings: Mapping[str, Finding]
    ancestors: Mapping[str, frozenset[str]]
    descendants: Mapping[str, frozenset[str]]
    excluded: Mapping[str, frozenset[str]]
    impossible: Mapping[str, frozenset[str]]
    _icd: Mapping[str, tuple[tuple[str, Polarity], ...]] = field(repr=False)
    _snomed: Mapping[str, tuple[tuple[str, Polarity], ...]] = field(repr=False)

    def __getitem__(self, finding: str) -> Finding:
        return self.findings[finding]

    def __contains__(self, finding: object) -> bool:
        return finding in self.findings

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings.values())

    def of_icd10cm(self, code: str) -> tuple[tuple[str, Polarity], ...]:
        """The findings that an ICD-10-CM or ICD-10 code states, with or without its dot; `()` if none."""
        plain = plain_icd(code)
        return tuple(
            stated for length in range(len(plain), 0, -1) for stated in self._icd.get(plain[:length], ())
        )

    def of_snomed(self, code: str) -> tuple[tuple[str, Polarity], ...]:
        """The findings that a SNOMED CT concept id states; `()` if none."""
        return self._snomed.get(code, ())


def plain_icd(code: str) -> str:
    """The code in upper case without dot and blanks: the form in which prefixes compare."""
    return code.replace(".", "").strip().upper()


@cache
def vocabulary() -> Vocabulary:
    """The bundled findings."""
    return load(sorted(FINDINGS.glob("*.yaml")))


def load(paths: Iterable[Path]) -> Vocabulary:
    """Read findings files into one vocabulary.

    Raises:
        FindingsError: A file breaks a rule: a duplicate id, an unknown reference, an unknown member, a code
            that cannot be one.
    """
    files = tuple(paths)
    findings: dict[str, Finding] = {}
    for name, entry in compiled("findings", digest_of((*files, CODES)), lambda: _entries(files)):
        finding = _finding(entry, name)
        if finding.id in findings:
            raise FindingsError(f"{name}: finding {finding.id} is defined twice")
        findings[finding.id] = finding
    _check_references(findings)
    ancestors = {id_: _closure(id_, findings) for id_ in findings}
    descendants: dict[str, set[str]] = defaultdict(set)
    for id_, above in ancestors.items():
        for parent in above:
            descendants[parent].add(id_)
    return Vocabulary(
        findings,
        ancestors,
        {id_: frozenset(descendants[id_]) for id_ in findings},
        _excluded(findings),
        {sex: _impossible(findings, descendants, sex) for sex in ("female", "male")},
        _by_code(findings, "icd10cm"),
        _by_code(findings, "snomed"),
    )


def _entries(files: Iterable[Path]) -> list[tuple[str, dict[str, Any]]]:
    problems = [
        problem for path in files for problem in code_problems(path.read_text(encoding="utf-8"), path.name)
    ]
    if problems:
        raise FindingsError("\n".join(problems))
    return [
        (path.name, entry)
        for path in files
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["findings"]
    ]


def _finding(entry: dict[str, Any], file: str) -> Finding:
    values: dict[str, Any] = dict(entry)
    absent = values.pop("absent", {})
    phrases = values.pop("phrases", {})
    observation = values.pop("observation", None)
    snomed = values.pop("snomed", ())
    measures = values.pop("measures", ())
    others: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    try:
        return Finding(
            absent_icd10cm=tuple(absent.get("icd10cm", ())),
            absent_snomed=tuple(str(code) for code in absent.get("snomed", ())),
            snomed=tuple(str(code) for code in snomed),
            phrases=tuple(phrase for language in sorted(phrases) for phrase in phrases[language]),
            observation=_observation(observation) if observation else None,
            measures=tuple(_measure(measure) for measure in measures),
            **others,
        )
    except (KeyError, TypeError) as error:
        raise FindingsError(f"{file}: finding {entry.get('id', '?')}: member {error}") from error


def _observation(entry: dict[str, Any]) -> ObservationRule:
    bounds = {name: entry[name] for name in ("below", "at_least", "within_days") if name in entry}
    return ObservationRule(tuple(entry["loinc"]), entry.get("is"), **bounds)


def _measure(entry: dict[str, Any]) -> MeasureRule:
    return MeasureRule(
        tuple(entry.get("named", ())),
        tuple(entry.get("counted", ())),
        entry.get("at_least"),
        entry.get("below"),
    )


def _check_references(findings: Mapping[str, Finding]) -> None:
    for finding in findings.values():
        family = (finding.family,) if finding.family else ()
        for reference in (*finding.implies, *finding.excludes, *family):
            if reference not in findings:
                raise FindingsError(f"finding {finding.id} refers to {reference}, which is not defined")


def _closure(finding: str, findings: Mapping[str, Finding]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(findings[finding].implies)
    while waiting:
        parent = waiting.pop()
        if parent not in seen:
            seen.add(parent)
            waiting.extend(findings[parent].implies)
    return frozenset(seen)


def _excluded(findings: Mapping[str, Finding]) -> dict[str, frozenset[str]]:
    """Exclusion counts both ways, wherever it was written down."""
    pairs: dict[str, set[str]] = defaultdict(set)
    for finding in findings.values():
        for other in finding.excludes:
            pairs[finding.id].add(other)
            pairs[other].add(finding.id)
    return {id_: frozenset(pairs[id_]) for id_ in findings}


def _impossible(
    findings: Mapping[str, Finding], descendants: Mapping[str, set[str]], sex: str
) -> frozenset[str]:
    """The findings that only the other sex can have, with all narrower ones."""
    others = {finding.id for finding in findings.values() if finding.sex and finding.sex != sex}
    return frozenset(others.union(*(descendants.get(finding, set()) for finding in others)))


def _by_code(
    findings: Mapping[str, Finding], system: Literal["icd10cm", "snomed"]
) -> dict[str, tuple[tuple[str, Polarity], ...]]:
    index: dict[str, list[tuple[str, Polarity]]] = defaultdict(list)
    for finding in findings.values():
        for code in getattr(finding, system):
            index[plain_icd(code)].append((finding.id, "present"))
        for code in getattr(finding, f"absent_{system}"):
            index[plain_icd(code)].append((finding.id, "absent"))
    return {code: tuple(stated) for code, stated in index.items()}

"""What a concept or a text says, in findings: the step from codes and words to statements about a patient.

A coding of a known system is trusted before words are. The words of a concept are read too where they say
more than the display of a code that was understood. Nothing is guessed: a concept that is neither a known
code nor a known phrase comes back as not understood.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from terminology.finding_text import allergen_mentions, mentions
from terminology.findings import vocabulary
from terminology.icd9cm import icd9cm
from terminology.icd10cm import icd10cm
from terminology.retrieval import retriever
from terminology.statements import COURSES, course_names
from terminology.systems import ICD_9_CM, ICD_10, ICD_10_CM, SNOMED_CT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminology.coding import Concept
    from terminology.finding_text import Mention
    from terminology.findings import Polarity

_LEAST_CONFIDENCE: Final = 0.8
"""Of the three-character category; below it a likeness is not worth a question."""

_SEMANTIC_TAG = re.compile(r"\s*\([a-z/ ]+\)$")


@dataclass(frozen=True, slots=True)
class Statement:
    """That a finding is present or absent; `past` where the words tell of an earlier time.

    `over_comma`: it is absent only by a denial that goes on over a comma, and may not be meant by it.
    `regions` are those of the earlier study that it tells of, where the words name them.
    """

    finding: str
    polarity: Polarity
    past: bool = False
    over_comma: bool = False
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ConceptReading:
    """What a concept states.

    `icd10cm` is the ICD-10-CM code sent, or that our map gives for a SNOMED CT code. `legible` is True where
    the concept says something definite: a code that is known, though it may state no finding, or words that
    do not merely deny. An unknown code without words is not legible.
    """

    statements: tuple[Statement, ...]
    icd10cm: str | None
    legible: bool


def read_concept(concept: Concept) -> ConceptReading:
    """The statements of a concept's codings, and of its words where they add to them."""
    statements: list[Statement] = []
    coded = None
    for coding in concept.codings:
        code, stated = _read_code(coding.system, coding.code)
        coded = coded or code
        statements.extend(stated)
    legible = coded is not None or bool(statements)
    for words in _words(concept, coded=bool(statements)):
        said = read_text(_SEMANTIC_TAG.sub("", words))
        statements.extend(said)
        legible |= not said or any(statement.polarity == "present" for statement in said)
    return ConceptReading(tuple(dict.fromkeys(statements)), coded, legible)


def read_allergen(concept: Concept) -> tuple[Statement, ...]:
    """The statements of an allergy's concept, where the name of a substance means an allergy to it."""
    named = (mention for words in concept.texts for mention in allergen_mentions(words))
    stated = (Statement(mention.finding, "present") for mention in named if not mention.assertion.negated)
    return tuple(dict.fromkeys((*read_concept(concept).statements, *stated)))


def suggested_findings(concept: Concept) -> tuple[str, ...]:
    """The findings of the ICD-10-CM code whose terms the concept's words are very like; `()` if none is.

    A likeness is good for a question, never for a statement.
    """
    words = concept.words
    if not words:
        return ()
    found = retriever().search(_SEMANTIC_TAG.sub("", words), limit=1)
    if not found or found[0].category_confidence < _LEAST_CONFIDENCE:
        return ()
    stated = vocabulary().of_icd10cm(found[0].code)
    return tuple(finding for finding, polarity in stated if polarity == "present")


def read_text(text: str) -> tuple[Statement, ...]:
    """The statements of a free text, in order of appearance, each once.

    A course that belongs to a name ("chronic AF") tells nothing of the complaint's.
    """
    found = mentions(text)
    named = course_names(text) if any(each.finding in COURSES for each in found) else ()
    told = (
        each
        for each in found
        if each.finding not in COURSES or not any(start <= each.start < end for start, end in named)
    )
    return tuple(dict.fromkeys(statement for mention in told for statement in _of_mention(mention)))


def _of_mention(mention: Mention) -> Iterable[Statement]:
    finding = vocabulary()[mention.finding]
    says = mention.assertion
    if says.hypothetical:
        return
    if says.family:
        if finding.family and not says.negated:
            yield Statement(finding.family, "present")
        return
    if says.negated:
        yield Statement(
            finding.id, "absent", says.historical, over_comma=mention.over_comma, regions=mention.regions
        )
    else:
        past = says.historical and not finding.lasting
        yield Statement(finding.id, "present", past, regions=mention.regions)


@lru_cache(maxsize=16_384)
def _read_code(system: str | None, code: str) -> tuple[str | None, tuple[Statement, ...]]:
    """The ICD-10-CM code of a code and the findings it states. Only codes are kept in memory, no words."""
    if system in {ICD_10_CM, ICD_10}:
        known = icd10cm().get(code)
        return known.code if known else None, _stated(vocabulary().of_icd10cm(code))
    if system == ICD_9_CM:
        return _read_icd9cm(code)
    if system == SNOMED_CT:
        target = snomed_to_icd10cm().get(code)
        own = _stated(vocabulary().of_snomed(code))
        mapped = _stated(vocabulary().of_icd10cm(target)) if target else ()
        return target, own or mapped
    return None, ()


def _read_icd9cm(code: str) -> tuple[str | None, tuple[Statement, ...]]:
    """An ICD-9-CM code states what all its ICD-10-CM targets state; its first target stands for it."""
    targets = [target.code for target in icd9cm().to_icd10cm(code) if target.code]
    stated = [set(_stated(vocabulary().of_icd10cm(target))) for target in targets]
    if not stated:
        return None, ()
    common = set.intersection(*stated)
    return targets[0], tuple(sorted(common, key=lambda statement: statement.finding))


def _stated(found: Iterable[tuple[str, Polarity]]) -> tuple[Statement, ...]:
    return tuple(Statement(finding, polarity) for finding, polarity in found)


def _words(concept: Concept, *, coded: bool) -> Iterable[str]:
    """The texts worth reading: the sender's own where it is no display; displays only if no code spoke."""
    displays = [coding.display for coding in concept.codings if coding.display]
    if concept.text and (not coded or concept.text not in displays):
        yield concept.text
    if not coded:
        yield from dict.fromkeys(display for display in displays if display != concept.text)


@cache
def snomed_to_icd10cm() -> Mapping[str, str]:
    """Our own small map from SNOMED CT concept ids to ICD-10-CM codes (`maps/snomed-icd10cm.csv`)."""
    text = (files("terminology") / "maps" / "snomed-icd10cm.csv").read_text(encoding="utf-8")
    return {row["source_code"]: row["target_code"] for row in csv.DictReader(text.splitlines())}

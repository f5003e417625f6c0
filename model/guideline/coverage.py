"""What the library covers, and what an order could meet that it does not.

A code leads to a topic where it states one of the topic's indications, or a finding that implies one; it
raises one where it states only a possible indication. `frequent_indications.csv` lists, from common practice,
the ICD-10-CM headings under which imaging is ordered most.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.guideline.conditions import FindingIs, IndicationIs
from model.guideline.satisfy import TRUE, formula, literals
from terminology.findings import plain_icd
from terminology.icd10cm import icd10cm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from model.guideline.library import Library
    from model.guideline.topic import Topic
    from terminology.findings import Finding, Vocabulary
    from terminology.procedures import Catalogue

FREQUENT: Final = Path(__file__).with_name("frequent_indications.csv")


@dataclass(frozen=True, slots=True)
class TopicCoverage:
    """A topic, its size, and every finding and code that leads to it."""

    id: str
    title: str
    variants: int
    ratings: int
    findings: tuple[str, ...]
    icd10cm: tuple[str, ...]
    snomed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChapterCoverage:
    """A chapter of ICD-10-CM: how many of its billable codes lead to a topic, and how many only raise one."""

    chapter: str
    title: str
    codes: int
    leading: int
    raising: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A frequent heading of ICD-10-CM none of whose codes leads to a topic; `raising` of them raise one."""

    prefix: str
    title: str
    setting: str
    codes: int
    raising: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole account.

    `unrated` procedures no topic rates; `unstated` findings are asked for, and no code, word or result can
    state them; `unused` ones lead to no topic and are asked for by none; `handed_over` are topics, each with
    one that it hands cases to and that is not held.
    """

    topics: tuple[TopicCoverage, ...]
    chapters: tuple[ChapterCoverage, ...]
    uncovered: tuple[Heading, ...]
    unrated: tuple[str, ...]
    unstated: tuple[str, ...]
    unused: tuple[str, ...]
    handed_over: tuple[tuple[str, str], ...]

    @property
    def totals(self) -> Mapping[str, int]:
        """The sizes of the library, and of what it leads to."""
        return {
            "topics": len(self.topics),
            "variants": sum(topic.variants for topic in self.topics),
            "ratings": sum(topic.ratings for topic in self.topics),
            "findings": len({finding for topic in self.topics for finding in topic.findings}),
            "icd10cm_prefixes": len({code for topic in self.topics for code in topic.icd10cm}),
            "icd10cm_codes": sum(chapter.leading for chapter in self.chapters),
            "snomed_codes": len({code for topic in self.topics for code in topic.snomed}),
        }


def coverage(library: Library, vocabulary: Vocabulary, catalogue: Catalogue) -> Coverage:
    """What the library covers and what not, for orders that name the catalogue's procedures."""
    topics = [library.topics[id_] for id_ in sorted(library.topics)]
    leading = {finding for topic in topics for finding in _leading(topic, vocabulary)}
    raising = {
        narrower
        for topic in topics
        for finding in topic.possible_indications
        for narrower in (finding, *vocabulary.descendants[finding])
    }
    standing = _Standing(vocabulary, frozenset(leading), frozenset(raising))
    asked = {finding for topic in topics for finding in _asked(topic)}
    used = asked | leading | raising | {above for each in asked for above in vocabulary.descendants[each]}
    rated = {each for topic in topics for variant in topic.variants for each in variant.ratings}
    return Coverage(
        topics=tuple(_of_topic(topic, vocabulary) for topic in topics),
        chapters=tuple(_chapters(standing)),
        uncovered=tuple(_uncovered(standing)),
        unrated=tuple(procedure.id for procedure in catalogue if procedure.id not in rated),
        unstated=tuple(sorted(each for each in asked | leading if not _can_be_stated(each, vocabulary))),
        unused=tuple(sorted(finding.id for finding in vocabulary if finding.id not in used)),
        handed_over=tuple(
            (topic.id, other)
            for topic in topics
            for other in sorted(topic.hands_over - library.topics.keys())
        ),
    )


def _leading(topic: Topic, vocabulary: Vocabulary) -> set[str]:
    return {
        narrower for finding in topic.indications for narrower in (finding, *vocabulary.descendants[finding])
    }


def _of_topic(topic: Topic, vocabulary: Vocabulary) -> TopicCoverage:
    findings = sorted(_leading(topic, vocabulary))
    return TopicCoverage(
        id=topic.id,
        title=topic.title,
        variants=len(topic.variants),
        ratings=sum(len(variant.ratings) for variant in topic.variants),
        findings=tuple(findings),
        icd10cm=tuple(sorted({code for each in findings for code in vocabulary[each].icd10cm})),
        snomed=tuple(sorted({code for each in findings for code in vocabulary[each].snomed})),
    )


def _asked(topic: Topic) -> Iterator[str]:
    """The findings that the topic's conditions and hand-overs ask for, also those they merely assume."""
    yield from topic.yields_to
    for variant in topic.variants:
        for literal in literals(formula(variant.when, TRUE)):
            if isinstance(literal.atom, FindingIs | IndicationIs):
                yield literal.atom.finding


def _can_be_stated(id_: str, vocabulary: Vocabulary) -> bool:
    return any(_has_source(vocabulary[each]) for each in (id_, *vocabulary.descendants[id_]))


def _has_source(finding: Finding) -> bool:
    codes = (finding.icd10cm, finding.snomed, finding.absent_icd10cm, finding.absent_snomed)
    words = (finding.phrases, finding.conclusions, finding.imaging, finding.allergens, finding.measures)
    return any((*codes, *words)) or finding.observation is not None


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a code stands to the library."""

    vocabulary: Vocabulary
    leading: frozenset[str]
    raising: frozenset[str]

    def of(self, code: str) -> str:
        """Whether the code leads to a topic, only raises one, or neither."""
        stated = {finding for finding, said in self.vocabulary.of_icd10cm(code) if said == "present"}
        if stated & self.leading:
            return "leading"
        return "raising" if stated & self.raising else "nothing"


def _chapters(standing: _Standing) -> Iterator[ChapterCoverage]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    chapter_of: dict[str, str] = {}
    for code, category in icd10cm().billable():
        if category not in chapter_of:
            found = icd10cm().get(category)
            chapter_of[category] = found.parents[-1] if found and found.parents else category
        counted[chapter_of[category]][standing.of(code)] += 1
    for chapter, counts in sorted(counted.items(), key=lambda item: item[0].zfill(2)):
        title = icd10cm().title(chapter) or chapter
        yield ChapterCoverage(chapter, title, counts.total(), counts["leading"], counts["raising"])


def _uncovered(standing: _Standing) -> Iterator[Heading]:
    with FREQUENT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            prefix = plain_icd(row["prefix"])
            counts = Counter(standing.of(code) for code, _ in icd10cm().billable(prefix))
            if not counts["leading"]:
                title = icd10cm().title(prefix) or ""
                yield Heading(row["prefix"], title, row["setting"], counts.total(), counts["raising"])

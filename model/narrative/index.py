"""What is known of a table's topics and variants before anybody asks: built from the table where it is used.

Nothing of it is kept: a site's licensed sentences stay in the site's own release. Our own words for a topic
are `words/topic_words.csv`, by the topic's title.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf, log
from typing import TYPE_CHECKING, Final

from model.assessment import Rating
from model.narrative.claims import read_claims
from model.narrative.ranges import ADULT, Range, guideline_ranges
from model.narrative.terms import WORDS, Weights, read_terms
from terminology.findings import vocabulary
from terminology.reading import read_text
from terminology.retrieval_words import grams
from terminology.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model.guideline.imported import ImportedTopic, ImportedVariant
    from model.narrative.claims import Claims

_TITLE_WEIGHT: Final = 3.0
_PHRASE_WEIGHT: Final = 2.0
_SATURATION: Final = 1.5
_LEAST_LIKENESS: Final = 0.5
_SHORTEST_MENDED: Final = 5
_ANY: Final = Range(0.0, inf)
_FOR_CHILDREN: Final = re.compile(r"\b(?:child|infants?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VariantEntry:
    """A variant with what its sentence says: words, claims, ranges, findings (with all they imply)."""

    number: str
    source: ImportedVariant
    terms: Weights
    denied: Weights
    claims: Claims
    ranges: Mapping[str, Range]
    findings: frozenset[str]
    absent: frozenset[str]
    pregnant: bool | None
    usual: frozenset[str]


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """A topic with its variants. `phrases` are our own ways of asking for it, each as its words.

    `discerning` are the claims on which its variants differ, `local` the weight of a word among its variants.
    """

    title: str
    source: ImportedTopic
    variants: tuple[VariantEntry, ...]
    title_terms: Weights
    terms: Weights
    phrases: tuple[frozenset[str], ...]
    findings: frozenset[str]
    for_children: bool
    has_child_sister: bool
    discerning: frozenset[str]
    local: Weights


@dataclass(frozen=True, slots=True)
class Index:
    """All topics, with the rarity of each word and where it stands."""

    topics: tuple[TopicEntry, ...]
    rarity: Weights
    finding_rarity: Weights
    by_gram: Mapping[str, tuple[str, ...]]

    def mended(self, word: str) -> str:
        """The known word most like a misspelt one; the word itself where none is like it."""
        if word in self.rarity or len(word) < _SHORTEST_MENDED or not word.isalpha():
            return word
        own = grams(word)
        shared = Counter(known for gram in own for known in self.by_gram.get(gram, ()))
        best, likeness = word, _LEAST_LIKENESS
        for known, count in shared.most_common(30):
            alike = count / len(own | grams(known))
            if alike > likeness:
                best, likeness = known, alike
        return best


def build(topics: Iterable[ImportedTopic], also: Mapping[tuple[str, str], str] | None = None) -> Index:
    """The index of the topics; `also` are words of ours for variants, by topic title and number."""
    listed = tuple(topics)
    titles = {plain(topic.title) for topic in listed}
    entries = tuple(_topic(topic, titles, also or {}) for topic in listed)
    held = Counter(word for entry in entries for word in entry.terms)
    rarity = {word: log(1 + (len(entries) - count + 0.5) / (count + 0.5)) for word, count in held.items()}
    finding_count = Counter(finding for entry in entries for finding in entry.findings)
    by_gram: dict[str, list[str]] = defaultdict(list)
    for word in rarity:
        if len(word) >= _SHORTEST_MENDED and word.isalpha():
            for gram in grams(word):
                by_gram[gram].append(word)
    return Index(
        entries,
        rarity,
        {finding: log(1 + len(entries) / count) for finding, count in finding_count.items()},
        {gram: tuple(words) for gram, words in by_gram.items()},
    )


def plain(title: str) -> str:
    """A title as it is compared: its letters and digits in lower case."""
    return re.sub(r"[^a-z0-9]+", " ", title.lower()).strip()


def closed(findings: Iterable[str]) -> frozenset[str]:
    """The findings with all that they imply."""
    known = vocabulary()
    listed = frozenset(findings)
    return listed.union(*(known.ancestors.get(finding, frozenset()) for finding in listed))


def _topic(topic: ImportedTopic, titles: set[str], also: Mapping[tuple[str, str], str]) -> TopicEntry:
    variants = tuple(
        _variant(topic.title, variant, also.get((plain(topic.title), variant.number), ""))
        for variant in topic.variants
    )
    title_terms = read_terms(topic.title).stated
    phrases = topic_words().get(plain(topic.title), ())
    gathered: dict[str, float] = {}
    for word, weight in title_terms.items():
        gathered[word] = gathered.get(word, 0.0) + _TITLE_WEIGHT * weight
    own: dict[str, float] = {}
    for phrase in phrases:
        for word, weight in read_terms(phrase).stated.items():
            own[word] = max(own.get(word, 0.0), _PHRASE_WEIGHT * weight)
    for word, weight in own.items():
        gathered[word] = gathered.get(word, 0.0) + weight
    within = Counter(word for variant in variants for word in variant.terms)
    for variant in variants:
        for word, weight in variant.terms.items():
            gathered[word] = gathered.get(word, 0.0) + weight / len(variants) ** 0.5
    said = [(name, values) for variant in variants for name, values in variant.claims.items()]
    differing = {
        name
        for name in {name for name, _ in said}
        if len({variant.claims.get(name) for variant in variants}) > 1
    }
    young = all(variant.ranges.get("age", _ANY).high <= ADULT for variant in variants)
    return TopicEntry(
        title=topic.title,
        source=topic,
        variants=variants,
        title_terms=title_terms,
        terms={word: weight / (weight + _SATURATION) for word, weight in gathered.items()},
        phrases=tuple(dict.fromkeys(frozenset(_plain_words(phrase)) for phrase in phrases)),
        findings=closed(statement.finding for statement in read_text(topic.title)).union(
            *(variant.findings for variant in variants)
        ),
        for_children=young or bool(_FOR_CHILDREN.search(topic.title)),
        has_child_sister=f"{plain(topic.title)} child" in titles,
        discerning=frozenset(differing),
        local={word: log(1 + len(variants) / count) for word, count in within.items()},
    )


def _variant(title: str, variant: ImportedVariant, also: str) -> VariantEntry:
    terms = read_terms(variant.text)
    stated = dict(terms.stated)
    for word, weight in read_terms(also).stated.items():
        stated.setdefault(word, weight * 0.7)
    claims = {**_title_claims(title), **read_claims(variant.text, "guideline")}
    statements = read_text(variant.text)
    said = read_statements(variant.text)
    pregnant = True if _PREGNANT.search(f"{title}. {variant.text}") else said.pregnant
    return VariantEntry(
        number=variant.number,
        source=variant,
        terms=stated,
        denied=terms.denied,
        claims={**claims, **_sex(f"{title}. {variant.text}")},
        ranges=guideline_ranges(variant.text),
        findings=closed(each.finding for each in statements if each.polarity == "present"),
        absent=frozenset(each.finding for each in statements if each.polarity == "absent"),
        pregnant=pregnant,
        usual=frozenset(
            rating.procedure_name for rating in variant.ratings if rating.rating is Rating.USUALLY_APPROPRIATE
        ),
    )


@lru_cache(maxsize=512)
def _title_claims(title: str) -> Claims:
    return read_claims(title, "guideline")


_PREGNANT: Final = re.compile(
    r"\bpregnan(?:t|cy) (?:patient|female)|^pregnant\b|\. pregnant|during pregnancy", re.IGNORECASE
)
_SEXES: Final = (
    (
        "transfeminine",
        re.compile(r"transfem\w*|male-to-female|\bmtf\b|trans(?:gender)? (?:woman|female)", re.IGNORECASE),
    ),
    (
        "transmasculine",
        re.compile(r"transmasc\w*|female-to-male|\bftm\b|trans(?:gender)? (?:man|male)", re.IGNORECASE),
    ),
    (
        "female",
        re.compile(
            r"\bfemales?\b|\bwom[ae]n\b|\bAFAB\b|pregnan|menopaus|gyneco|vagin|ovar|uter|cervix",
            re.IGNORECASE,
        ),
    ),
    ("male", re.compile(r"\bmales?\b|\bm[ae]n\b|\bAMB\b|prostat|testic|hematosperm|orchiect", re.IGNORECASE)),
)


def _sex(text: str) -> dict[str, frozenset[str]]:
    """The sexes that a sentence speaks of."""
    found = set()
    left = text
    for sex, pattern in _SEXES:
        less, hits = pattern.subn(" ", left)
        if hits:
            found.add(sex)
            left = less
    return {"sex": frozenset(found)} if found else {}


def sexes_said(text: str) -> frozenset[str]:
    """The sexes that a narrative's words speak of, transgender ones included."""
    return _sex(text).get("sex", frozenset())


def _plain_words(phrase: str) -> Iterable[str]:
    return (word for word in read_terms(phrase).written if word)


@cache
def topic_words() -> Mapping[str, tuple[str, ...]]:
    """Our own phrases for a topic, by its plain title."""
    found: dict[str, list[str]] = defaultdict(list)
    with (WORDS / "topic_words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[plain(row["topic"])].append(row["phrase"])
    return {title: tuple(phrases) for title, phrases in found.items()}

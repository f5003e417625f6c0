"""Whether a paper bears on a question: it must name the condition and the procedure, and how nearly it does.

Names are compared word by word, never inside a word: "us" is no ultrasound in "focus", and an abbreviation
counts only in capitals, as papers write it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from model.evidence.modalities import headings_of, modalities_named, modality_terms
from model.evidence.query_words import (
    COMMA,
    MESH_TERMS,
    finding_named,
    listed,
    plain_words,
    renamed,
    tokens_of,
)
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model.evidence.paper import EvidenceQuestion, Paper

_ABBREVIATION: Final = 4
"""A name of one word no longer than this is an abbreviation."""
_LONGEST_PHRASE: Final = 4
"""A name of more words need not stand as one phrase: all its words in one place do."""

_SUBJECT, _NAMED, _RELATED_SUBJECT, _RELATED_NAMED = 1.0, 0.7, 0.5, 0.3
_SYNONYM: Final = 0.9
_KIN: Final = 0.4
"""A paper on CT, for CT angiography, and the other way round."""
_REGION, _NO_REGION = 1.0, 0.7
_CONDITION_WEIGHT: Final = 0.6

_NOT_STUDIED: Final = re.compile(
    r"[^.;]*\b(?:(?:was|were|we) excluded|exclusion criteri)[^.;]*|\bunlike [^,.;]*", re.IGNORECASE
)
"""Where an abstract names conditions that its patients did not have."""
_HISTORY: Final = re.compile(
    r"\b(?:an?|any|no|prior|previous|past|medical|known|remote|documented|with|without|had) "
    r"(?:(?:past|medical|family|personal) )*history of "
    r"(?:(?!(?:and|or|with|in|on|for|who|whom|that|presenting|undergo\w*|underwent|received|referred|seen"
    r"|were|was|are|is|had|has|have)\b)[\w'/-]+ ?){1,6}",
    re.IGNORECASE,
)
"""Where it names those of their past or family; "a 3-week history of" is what they came for."""
_SPELLINGS: Final = (
    (re.compile(r"aem"), "em"),
    (re.compile(r"[ao]ed"), "ed"),
    (re.compile(r"oe(?=[as])"), "e"),
    (re.compile(r"our\b"), "or"),
    (re.compile(r"(?<=\w)is(?=e[ds]?\b|ing\b|ations?\b)"), "iz"),
)
"""British spellings and what stands for them; other words are changed too, on both sides alike."""
_BRITISH: Final = (
    (re.compile(r"(?<=[a-z])em"), "aem"),
    (re.compile(r"\b(?=ed\w|es\w)"), "o"),
    (re.compile(r"(?<=ia)ed(?=\w)|(?<=p)ed(?=\w)"), "aed"),
    (re.compile(r"(?<=h)ea\b"), "oea"),
    (re.compile(r"or\b"), "our"),
    (re.compile(r"iz(?=e|ing|ation)"), "is"),
)
"""The same the other way round, for full-text search; what comes out and is no word finds nothing."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a paper: its text, and the same in plain words between blanks."""

    text: str
    words: str


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper as it is compared: its subject (title), its abstract, and its MeSH headings.

    `abstract` is without what patients have a history of, which `told` has.
    """

    title: _Place
    abstract: _Place
    told: _Place
    mesh: frozenset[str]


def closeness(paper: Paper, question: EvidenceQuestion) -> float | None:
    """How nearly the paper is about the question, above 0 to 1; `None` where it does not name both parts.

    The condition counts more than the procedure, the title and a MeSH heading more than the abstract, the
    condition's own name more than a synonym, and that more than a related condition.
    """
    told = _NOT_STUDIED.sub(" ", " ".join(section.text for section in paper.abstract))
    present = _place(_HISTORY.sub(" ", told))
    read = _Paper(
        _place(paper.title),
        present,
        present if present.text == told else _place(told),
        frozenset(each.lower().partition("/")[0].strip("*") for each in paper.mesh),
    )
    condition = _condition(read, question)
    procedure = _procedure(read, question.procedure)
    if not condition or not procedure:
        return None
    return round(_CONDITION_WEIGHT * condition + (1 - _CONDITION_WEIGHT) * procedure, 3)


def condition_names(question: EvidenceQuestion) -> tuple[str, ...]:
    """All names and headings by one of which a paper must name the condition."""
    names = (question.condition, *_phrases(question.condition), *question.synonyms, *question.related)
    others = (" ".join(each for each in renamed(tokens_of(name)) if each != COMMA) for name in names)
    headings = (each for name in names for each in sorted(_headings(finding_named(name))))
    return tuple(dict.fromkeys(each for each in (*names, *others, *headings) if each))


def modality_names(procedure: str) -> tuple[str, ...]:
    """All names by one of which a paper must name the modality or its kin; none for what has no modality."""
    ordered = catalogue()[procedure].modality
    near = [each for each in Modality if each is ordered or _kin(each) == _kin(ordered) != ""]
    return tuple(dict.fromkeys(name for each in near for name in modality_terms(each)))


def spellings(word: str) -> frozenset[str]:
    """The ways in which a word may be spelled that are one word to `closeness`, as far as they are known."""
    plain = word
    for pattern, instead in _SPELLINGS:
        plain = pattern.sub(instead, plain)
    return frozenset((word, plain, *(pattern.sub(instead, plain) for pattern, instead in _BRITISH)))


def _condition(paper: _Paper, question: EvidenceQuestion) -> float:
    own = _best(paper, (question.condition,), _SUBJECT, _NAMED)
    synonyms = (*question.synonyms, *_phrases(question.condition))
    synonym = _SYNONYM * _best(paper, synonyms, _SUBJECT, _NAMED)
    related = _best(paper, question.related, _RELATED_SUBJECT, _RELATED_NAMED)
    return max(own, synonym, related)


def _best(paper: _Paper, names: Iterable[str], subject: float, named: float) -> float:
    best = 0.0
    for name in names:
        headings = _headings(finding_named(name))
        if not headings.isdisjoint(paper.mesh) or _names(paper.title, name):
            return subject
        if _names(paper.told if "history" in name.lower() else paper.abstract, name):
            best = named
    return best


def _names(place: _Place, name: str) -> bool:
    return any(_stands(place, words) for words in _forms(name))


def _stands(place: _Place, words: tuple[str, ...]) -> bool:
    if len(words) == 1 and len(words[0]) <= _ABBREVIATION:
        return bool(re.search(rf"(?<![\w-]){re.escape(words[0].upper())}s?(?![\w-])", place.text))
    if len(words) > _LONGEST_PHRASE:
        return all(f" {word} " in place.words for word in words)
    return f" {' '.join(words)} " in place.words


@lru_cache(maxsize=2_048)
def _forms(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name as it may stand in a paper, and with the words that papers use instead."""
    written = tuple(_compared(plain_words(name)))
    plain = tuple(_compared(each for each in renamed(tokens_of(name)) if each != COMMA))
    return tuple(dict.fromkeys(form for form in (written, plain) if form))


def _procedure(paper: _Paper, procedure: str) -> float:
    ordered = catalogue()[procedure]
    modality = _modality(paper, ordered.modality)
    if not modality:
        return 0.0
    words, headings = _region_terms(ordered.regions)
    near = (
        not words
        or not headings.isdisjoint(paper.mesh)
        or any(_names(place, word) for place in (paper.title, paper.abstract) for word in words)
    )
    return modality * (_REGION if near else _NO_REGION)


@cache
def _region_terms(regions: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The words for the regions, and their MeSH headings."""
    terms = [each for region in regions for each in listed("region", region)]
    return (
        tuple(term for term, field in terms if field != MESH_TERMS),
        frozenset(term.lower() for term, field in terms if field == MESH_TERMS),
    )


def _modality(paper: _Paper, modality: Modality) -> float:
    titled = modalities_named(paper.title.text)
    if modality in titled or not headings_of(modality).isdisjoint(paper.mesh):
        return _SUBJECT
    named = modalities_named(paper.abstract.text)
    if modality in named:
        return _NAMED
    return _KIN if any(_kin(one) == _kin(modality) for one in named | titled if _kin(one)) else 0.0


def _kin(modality: Modality) -> str:
    """The modality that a modality is a way of: CT of CT angiography; "" for what has none."""
    return modality.value[:2] if modality.value[:2] in {"ct", "mr"} else ""


@lru_cache(maxsize=2_048)
def _phrases(condition: str) -> tuple[str, ...]:
    """All that our vocabulary calls the condition: a question holds the first few."""
    finding = finding_named(condition)
    return vocabulary()[finding].phrases if finding else ()


@cache
def _headings(finding: str) -> frozenset[str]:
    return frozenset(term.lower() for term, field in listed("finding", finding) if field == MESH_TERMS)


def _place(text: str) -> _Place:
    return _Place(text, f" {' '.join(_compared(plain_words(text)))} ")


def _compared(words: Iterable[str]) -> Iterator[str]:
    """The words in the singular and in one spelling, without hyphens and possessives."""
    for word in words:
        for part in word.removesuffix("'s").removesuffix("'").split("-"):
            spelled = part
            for pattern, instead in _SPELLINGS:
                spelled = pattern.sub(instead, spelled)
            yield _singular(spelled)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word

"""The queries that a question is searched with, made by rule: each looks at it from another angle.

Every query is PubMed's Boolean syntax. What comes from a question is reduced to plain words inside quotation
marks, so that it can be no operator, field or wildcard. The words and the MeSH headings are `search_words/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.evidence.boolean import LONGEST_QUERY
from model.evidence.query_words import (
    MESH_TERMS,
    TITLE_ABSTRACT,
    finding_named,
    is_subject,
    listed,
    plain_words,
    renamed,
    stop_words,
    tokens_of,
)
from model.evidence.search import Query, QueryKind
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from model.evidence.paper import EvidenceQuestion

FIRST_YEAR: Final = 2013

FILTER: Final = (
    f"AND english[Language] AND {FIRST_YEAR}:3000[Date - Publication] AND hasabstract "
    'NOT ("Animals"[MeSH Terms] NOT "Humans"[MeSH Terms])'
)
_LONGEST_PHRASE: Final = 4
_MOST_WORDS: Final = 6
_ABBREVIATION: Final = 4
"""A synonym of fewer letters means other things too: "dm", "ct", "ibp"."""

_MOST_STAND_INS: Final = 2
_QUALIFY: Final = frozenset({"with", "without", "except", "due", "encounter"})
_SIDES: Final = frozenset({"left", "right", "bilateral", "unilateral"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """Terms that all must be found, each words in a field."""

    terms: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        text = " AND ".join(f'"{words}"[{field}]' for words, field in self.terms)
        return f"({text})" if len(self.terms) > 1 else text


Group = tuple[Alternative, ...]
"""Alternatives of which one must be found."""


def queries(question: EvidenceQuestion) -> tuple[Query, ...]:
    """At most one query a kind, in the order of the kinds, none longer than `LONGEST_QUERY`.

    A kind for which the question has no words is left out; there is none at all for a condition without a
    legible word.

    Raises:
        KeyError: The procedure is not in the catalogue.
    """
    condition = _condition(question)
    procedure = _procedure(question.procedure)
    if not condition:
        return ()
    imaging = _listed("angle", "imaging")
    synonyms = _unique(each for name in question.synonyms if _telling(name) for each in _named(name))
    related = _unique(each for name in question.related if _in_literature(name) for each in _named(name))
    angles: dict[QueryKind, tuple[Group, ...]] = {
        QueryKind.CONDITION: (condition, imaging),
        QueryKind.SYNONYMS: (synonyms, imaging),
        QueryKind.RELATED: (related, *procedure),
        QueryKind.IMAGING: (condition, imaging, _listed("angle", "guidance")),
        QueryKind.PROCEDURE: (condition, *procedure, *_regions(question.procedure)),
        QueryKind.PICO: (condition, *procedure, _listed("angle", "comparison"), _listed("angle", "outcome")),
    }
    texts = {kind: _text(groups) for kind, groups in angles.items() if all(groups)}
    first = {text: kind for kind, text in reversed(texts.items())}
    return tuple(Query(kind, text) for kind, text in texts.items() if first[text] is kind)


def _text(groups: tuple[Group, ...]) -> str:
    """The query of groups that all must be met; where it is too long the longest list loses its last."""
    kept = [list(group) for group in groups]
    while True:
        joined = " AND ".join(f"({' OR '.join(map(str, group))})" for group in kept)
        text = f"{joined} {FILTER}"
        longest = max(kept, key=len)
        if len(text) <= LONGEST_QUERY or len(longest) == 1:
            return text
        longest.pop()


def _condition(question: EvidenceQuestion) -> Group:
    """The condition by its heading and its words; where it has no heading its first synonyms stand in."""
    own = _named(question.condition)
    if any(field == MESH_TERMS for each in own for _, field in each.terms):
        return own
    stand_ins = [name for name in question.synonyms if _telling(name)][:_MOST_STAND_INS]
    return _unique((*own, *(each for name in stand_ins for each in _named(name))))


def _named(name: str) -> Group:
    """A name by its MeSH headings and by its words: a short one as a phrase, a long one word by word."""
    headings = _listed("finding", finding_named(name))
    tokens = renamed(tokens_of(name))
    if not tokens:
        return headings
    if len(tokens) > _LONGEST_PHRASE or not stop_words().isdisjoint(tokens):
        return (*headings, *_apart(tokens))
    return (*headings, Alternative(((" ".join(tokens), TITLE_ABSTRACT),)))


def _apart(tokens: Sequence[str]) -> Group:
    """The telling words, each by itself; what follows "without" and the like is left out of a long name."""
    ends = [at for at, token in enumerate(tokens) if token in _QUALIFY]
    for part in (*(tokens[:end] for end in ends[:1] if len(tokens) > _LONGEST_PHRASE), tokens):
        telling = dict.fromkeys(each for each in part if each not in stop_words() | _SIDES)
        if len(telling) > 1 or (telling and part is tokens):
            return (Alternative(tuple((each, TITLE_ABSTRACT) for each in telling)[:_MOST_WORDS]),)
    return ()


def _procedure(procedure: str) -> tuple[Group, ...]:
    """What is done: the words of an act, else the modality and each technique that we have words for."""
    known = catalogue()[procedure]
    if known.modality is Modality.NONE:
        return (_apart(plain_words(known.name)),)
    techniques = (_listed("technique", each) for each in known.techniques)
    return (_listed("modality", known.modality.value), *(group for group in techniques if group))


def _regions(procedure: str) -> tuple[Group, ...]:
    """Where it is done; nothing where the catalogue does not say, or says something that no paper would."""
    groups = [_listed("region", each) for each in catalogue()[procedure].regions]
    return (_unique(each for group in groups for each in group),) if groups and all(groups) else ()


def _listed(kind: str, identifier: str) -> Group:
    return tuple(Alternative((each,)) for each in listed(kind, identifier))


def _telling(name: str) -> bool:
    return len("".join(plain_words(name))) >= _ABBREVIATION


def _in_literature(name: str) -> bool:
    """Whether papers are about what has this name: anything but a finding of ours without a heading."""
    finding = finding_named(name)
    return _telling(name) and (not finding or is_subject(finding))


def _unique(alternatives: Iterable[Alternative]) -> Group:
    return tuple(dict.fromkeys(alternatives))

"""Findings named in free text: longest phrases first, each with what the sentence says of it.

The phrases are those of `findings/*.yaml`, in English and Italian; whether one is negated, past or a
relative's is `context.py`'s judgement. "Rule out PE" names pulmonary embolism as what is looked for.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terminology.complaints import complaints, reasons
from terminology.context import PLAIN, Assertion, ContextReader
from terminology.finding_measures import measured
from terminology.findings import vocabulary
from terminology.statement_words import patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAXIMUM_LENGTH: Final = 5_000
"""Characters of a text that are read; what stands beyond is not."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_END: Final = ""
_MOST_PASSED_OVER: Final = 4
_BREAKS: Final = frozenset(",;.\n\r")
"""No phrase reaches across these."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding named at the characters `start` to `end`, and what its sentence says of it.

    `over_comma`: it is denied only by a denial that goes on over a comma, and may not be meant by it.
    """

    finding: str
    start: int
    end: int
    assertion: Assertion
    over_comma: bool = False


def mentions(text: str) -> tuple[Mention, ...]:
    """The findings that `text` names, in order of appearance; `()` where it names none."""
    return _mentions(text, _phrases())


def conclusion_mentions(text: str, modality: str) -> tuple[Mention, ...]:
    """The findings that the conclusion of an imaging report of this modality states."""
    return _mentions(text, _conclusions(modality))


def allergen_mentions(text: str) -> tuple[Mention, ...]:
    """The findings that a substance on a list of allergies states."""
    return _mentions(text, _allergens())


def _mentions(text: str, trie: dict[str, Any]) -> tuple[Mention, ...]:
    text = text[:MAXIMUM_LENGTH]
    found = tuple(_spans(text, trie))
    if not found:
        return ()
    context = ContextReader(text)
    coursed = {_clause(text, start, end) for finding, start, end in found if vocabulary()[finding].of_order}
    return tuple(_mention(text, each, context, coursed) for each in found)


def _mention(
    text: str, found: tuple[str, int, int], context: ContextReader, coursed: set[tuple[int, int]]
) -> Mention:
    """What the sentence says of a mention; in a clause that tells of a new complaint, what that clause says.

    A course begins a new complaint, and so does a complaint with its duration or what says itself that it is
    so: "no red flags, acute knee pain", "no trauma, knee pain for 3 weeks" and "no fever, D-dimer positive"
    deny what stands first alone.
    """
    finding, start, end = found
    first, last = _clause(text, start, end)
    said = context.assertion(start, end)
    if said == PLAIN:
        return Mention(finding, start, end, said)
    denier = context.denied_over_comma(start, end) if said.negated else None
    begins = (
        (first, last) in coursed
        or (finding in complaints() and _lasts(text[first:last]))
        or (denier is not None and _asserts(text[start:end]))
    )
    if begins and (denier is not None or not said.negated):
        own = ContextReader(text[first:last]).assertion(start - first, end - first)
        if not own.negated:
            return Mention(finding, start, end, own)
    # "denies" denies a whole list, where "no" may deny its first item alone
    listing = denier in _phrase_words()["denies"] and finding not in reasons()
    return Mention(finding, start, end, said, denier is not None and not listing)


def _asserts(mention: str) -> bool:
    """Whether the words say themselves that it is so, and are no item of a list: "D-dimer positive"."""
    return not _phrase_words()["asserts"].isdisjoint(_TOKEN.findall(folded(mention)))


def _lasts(clause: str) -> bool:
    return any(pattern.search(clause) for pattern in patterns("duration"))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause around a mention begins and ends: at commas and semicolons."""
    first = max(text.rfind(mark, 0, start) for mark in ",;") + 1
    return first, min((place for mark in ",;" if (place := text.find(mark, end)) >= 0), default=len(text))


def folded(text: str) -> str:
    """The text in lower case without accents, each character in its place where Unicode allows it."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


@cache
def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.lower())[:1]
    return base or character


def _spans(text: str, trie: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """The findings with their places; a course inside a phrase is one of its own: "chronic cough"."""
    tokens = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(folded(text))]
    yield from measured(text, tokens)
    forms, courses = _short_forms(), _phrase_words()["course"]
    capitals = text.isupper()
    tokens = [
        (_read_as(forms, token, text[start:end], capitals=capitals and start > 0), start, end)
        for token, start, end in tokens
    ]
    position = 0
    while position < len(tokens):
        found = _longest(text, tokens, position, trie)
        for finding in found.findings:
            yield finding, tokens[position][1], tokens[position + found.length - 1][2]
        for place in range(position, position + found.length):
            if place in found.passed_over or (found.length > 1 and tokens[place][0] in courses):
                for finding in trie.get(tokens[place][0], {}).get(_END, ()):
                    yield finding, tokens[place][1], tokens[place][2]
        position += max(found.length, 1)


def _read_as(forms: dict[str, dict[str, str]], token: str, written: str, *, capitals: bool) -> str:
    """The word that a short form stands for; one in capitals does so where not all of the text has capitals.

    "HA" is a headache, and in Italian it means "has".
    """
    meant = None if capitals else forms["upper"].get(written)
    return meant or forms[""].get(token, token)


class _Found(NamedTuple):
    """A phrase: how many tokens it takes, what it names, and which of its tokens it passes over."""

    length: int = 0
    findings: tuple[str, ...] = ()
    passed_over: tuple[int, ...] = ()


def _longest(text: str, tokens: list[tuple[str, int, int]], position: int, node: dict[str, Any]) -> _Found:
    """The longest phrase from `position`.

    A word that may be passed over is tried both ways: as a part of the phrase, and as none.
    """
    best = _Found()
    waiting: list[tuple[int, dict[str, Any], _Found]] = [(position, node, best)]
    while waiting:
        place, node, found = waiting.pop()
        if _END in node and found.length > best.length:
            best = found._replace(findings=node[_END])
        if place == len(tokens) or (place > position and _broken(text, tokens, place)):
            continue
        token = tokens[place][0]
        if place > position and token in _passed_over() and len(found.passed_over) < _MOST_PASSED_OVER:
            waiting.append((place + 1, node, found._replace(passed_over=(*found.passed_over, place))))
        if token in node:
            waiting.append((place + 1, node[token], found._replace(length=place + 1 - position)))
    return best


def _broken(text: str, tokens: list[tuple[str, int, int]], place: int) -> bool:
    return not _BREAKS.isdisjoint(text[tokens[place - 1][2] : tokens[place][1]])


@cache
def _phrases() -> dict[str, Any]:
    return _trie((finding.id, finding.phrases) for finding in vocabulary())


@cache
def _allergens() -> dict[str, Any]:
    return _trie((finding.id, finding.allergens) for finding in vocabulary())


@cache
def _conclusions(modality: str) -> dict[str, Any]:
    return _trie((finding.id, finding.conclusions) for finding in vocabulary() if modality in finding.imaging)


def _trie(named: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for finding, phrases in named:
        for tokens in {order: None for phrase in phrases for order in _orders(phrase)}:
            node = root
            for token in tokens:
                node = node.setdefault(token, {})
            node[_END] = (*node.get(_END, ()), finding)
    return root


def _orders(phrase: str) -> Iterator[tuple[str, ...]]:
    """The telling words of a phrase, as written and with its head first: "hip pain", "pain in the hip"."""
    written = (_short_forms()[""].get(token, token) for token in _TOKEN.findall(folded(phrase)))
    *described, head = tokens = _telling(list(written))
    yield tuple(tokens)
    if described and head in _phrase_words()["head"]:
        yield (head, *described)


def _telling(tokens: list[str]) -> list[str]:
    """The tokens of a phrase without the function words inside it, which a text may leave out."""
    functions = _phrase_words()["function"]
    last = len(tokens) - 1
    return [token for place, token in enumerate(tokens) if place in {0, last} or token not in functions]


@cache
def _passed_over() -> frozenset[str]:
    """Words that may stand inside a phrase without being a part of it: function words, sides, courses."""
    return _phrase_words()["function"] | _phrase_words()["side"] | _phrase_words()["course"]


@cache
def _short_forms() -> dict[str, dict[str, str]]:
    """The short forms of `phrase_tokens.csv` by their case."""
    text = (files("terminology") / "phrase_tokens.csv").read_text(encoding="utf-8")
    forms: dict[str, dict[str, str]] = {"": {}, "upper": {}}
    for row in csv.DictReader(text.splitlines()):
        forms[row["case"]][row["written"]] = row["read"]
    return forms


@cache
def _phrase_words() -> dict[str, frozenset[str]]:
    lines = (files("terminology") / "phrase_words.txt").read_text(encoding="utf-8").splitlines()
    return {kind: frozenset(words) for kind, *words in (line.split() for line in lines)}

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
from terminology.study_text import told_studies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAXIMUM_LENGTH: Final = 5_000
"""Characters of a text that are read; what stands beyond is not."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_PHRASE_TOKEN: Final = re.compile(rf"{_TOKEN.pattern}|\*")
_ANYTHING: Final = "*"
"""In a phrase, one to three words of any kind: "dropped * on foot"."""
_MOST_OF_ANYTHING: Final = 3
_LEAST_JOINED: Final = 3
"""Words of a phrase that joins two things: "UTI with fever"."""
_END: Final = ""
_QUESTION: Final = re.compile(r"(?<!\w)\? ?$")
"""A question mark that begins something, and ends no question."""
_MOST_PASSED_OVER: Final = 4
_BREAKS: Final = frozenset(",;.\n\r")
"""No phrase reaches across these."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding named at the characters `start` to `end`, and what its sentence says of it.

    `over_comma`: it is denied only by a denial that goes on over a comma, and may not be meant by it.
    `regions` are those that an earlier study was of, where it tells of one and names them.
    """

    finding: str
    start: int
    end: int
    assertion: Assertion
    over_comma: bool = False
    regions: frozenset[str] = frozenset()


class _Span(NamedTuple):
    """A finding named at the characters `start` to `end`, of a study of these regions."""

    finding: str
    start: int
    end: int
    regions: frozenset[str] = frozenset()


def mentions(text: str) -> tuple[Mention, ...]:
    """The findings that `text` names, in order of appearance; `()` where it names none."""
    return _mentions(text, _phrases(), tells_of_studies=True)


def conclusion_mentions(text: str, modality: str) -> tuple[Mention, ...]:
    """The findings that the conclusion of an imaging report of this modality states."""
    return _mentions(text, _conclusions(modality))


def allergen_mentions(text: str) -> tuple[Mention, ...]:
    """The findings that a substance on a list of allergies states."""
    return _mentions(text, _allergens())


def _mentions(text: str, trie: dict[str, Any], *, tells_of_studies: bool = False) -> tuple[Mention, ...]:
    text = text[:MAXIMUM_LENGTH]
    found = tuple(_spans(text, trie, tells_of_studies=tells_of_studies))
    if not found:
        return ()
    context = ContextReader(text)
    coursed = {_clause(text, each.start, each.end) for each in found if vocabulary()[each.finding].of_order}
    return tuple(_mention(text, each, context, coursed) for each in found)


def _mention(text: str, found: _Span, context: ContextReader, coursed: set[tuple[int, int]]) -> Mention:
    """What the sentence says of a mention; in a clause that tells of a new complaint, what that clause says.

    A course begins a new complaint, and so does a complaint with its duration or what says itself that it is
    so: "no red flags, acute knee pain", "no trauma, knee pain for 3 weeks" and "no fever, D-dimer positive"
    deny what stands first alone.
    """
    finding, start, end, regions = found
    first, last = _clause(text, start, end)
    said = context.assertion(start, end)
    if said == PLAIN:
        return Mention(finding, start, end, said, regions=regions)
    denier = context.denied_over_comma(start, end) if said.negated else None
    begins = (
        (first, last) in coursed
        or (finding in complaints() and _lasts(text[first:last]))
        or (denier is not None and _asserts(text[start:end]))
    )
    if begins and (denier is not None or not said.negated):
        own = ContextReader(text[first:last]).assertion(start - first, end - first)
        if not own.negated:
            return Mention(finding, start, end, own, regions=regions)
    # "denies" denies a whole list, where "no" may deny its first item alone
    listing = denier in _phrase_words()["denies"] and finding not in reasons()
    return Mention(finding, start, end, said, denier is not None and not listing, regions)


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
    return "".join(_fold(character) for character in text)


@cache
def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.lower())[:1]
    return base or character


def _spans(text: str, trie: dict[str, Any], *, tells_of_studies: bool) -> Iterator[_Span]:
    """The findings with their places; a course inside a phrase is one of its own: "chronic cough"."""
    tokens = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(folded(text))]
    yield from (_Span(*each) for each in measured(text, tokens))
    forms, courses = _short_forms(), _phrase_words()["course"]
    capitals = text.isupper()
    tokens = [
        (_read_as(forms, token, text[start:end], capitals=capitals and start > 0), start, end)
        for token, start, end in tokens
    ]
    told = told_studies(text, tokens, _passed_over()) if tells_of_studies else {}
    position = 0
    while position < len(tokens):
        found = _asked(text, tokens, position, trie)
        study = told.get(position)
        if study and study.width >= found.length:
            for finding in study.findings:
                yield _Span(
                    finding, tokens[position][1], tokens[position + study.width - 1][2], study.regions
                )
            position += study.width
            continue
        for finding in found.findings:
            yield _Span(finding, tokens[position][1], tokens[position + found.length - 1][2])
        for place in range(position, position + found.length):
            if place in found.passed_over or (found.length > 1 and tokens[place][0] in courses):
                for finding in trie.get(tokens[place][0], {}).get(_END, ()):
                    yield _Span(finding, tokens[place][1], tokens[place][2])
        if found.length >= _LEAST_JOINED:
            yield from _joined(text, tokens, position, found, trie)
        position += max(found.length, 1)


def _asked(text: str, tokens: list[tuple[str, int, int]], position: int, trie: dict[str, Any]) -> _Found:
    """The longest phrase from `position`; what is asked for in another way is read as what is ruled out.

    "?RA" and "c/f RA" are "r/o RA", and "?Crohn's" is a suspicion of Crohn's disease and no known one.
    """
    found = _longest(text, tokens, position, trie)
    ruled_out = trie.get("r", {}).get("o")
    if ruled_out is None:
        return found
    for width in _asking(text, tokens, position):
        looked_for = _longest(text, tokens, position + width, ruled_out)
        if looked_for.length and looked_for.length + width >= found.length:
            passed_over = looked_for.passed_over
            found = _Found(looked_for.length + width, looked_for.findings, passed_over)
    return found


def _asking(text: str, tokens: list[tuple[str, int, int]], position: int) -> Iterator[int]:
    """How many words from `position` ask whether what follows is so; none where a question mark does."""
    word, start, _ = tokens[position]
    if "?" in text and _QUESTION.search(text, 0, start):
        yield 0
    for cue in _asking_cues().get(word, ()):
        end = position + len(cue)
        if end < len(tokens) and tuple(token for token, _, _ in tokens[position:end]) == cue:
            yield len(cue)


@cache
def _asking_cues() -> dict[str, tuple[tuple[str, ...], ...]]:
    """By first word, what asks whether something is so."""
    cues: dict[str, tuple[tuple[str, ...], ...]] = {}
    for joined in sorted(_phrase_words()["asking"]):
        cue = tuple(joined.split("-"))
        cues[cue[0]] = (*cues.get(cue[0], ()), cue)
    return cues


def _joined(
    text: str, tokens: list[tuple[str, int, int]], position: int, found: _Found, trie: dict[str, Any]
) -> Iterator[_Span]:
    """What a phrase joins to what it names first, and so tells too: the fever of "UTI with fever"."""
    last = position + found.length
    for place in range(position + 1, last - 1):
        if tokens[place][0] in _phrase_words()["joining"]:
            inner = _longest(text, tokens, place + 1, trie)
            if inner.length and place + 1 + inner.length == last:
                for finding in inner.findings:
                    if finding not in found.findings:
                        yield _Span(finding, tokens[place + 1][1], tokens[last - 1][2])


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
        if _ANYTHING in node:
            waiting.extend(_any_words(text, tokens, place, node[_ANYTHING], found))
    return best


def _any_words(
    text: str, tokens: list[tuple[str, int, int]], place: int, node: dict[str, Any], found: _Found
) -> Iterator[tuple[int, dict[str, Any], _Found]]:
    for after in range(place + 1, min(place + _MOST_OF_ANYTHING, len(tokens) - 1) + 1):
        if _broken(text, tokens, after):
            return
        yield after, node, found


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
    written = (_short_forms()[""].get(token, token) for token in _PHRASE_TOKEN.findall(folded(phrase)))
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

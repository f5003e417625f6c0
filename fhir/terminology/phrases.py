"""Phrases of findings as a trie of words, and the longest that a text holds from a word on.

A phrase is found with function words, sides and courses between its words, and with its head first; whatever
asks for a finding ("?", "c/f", "possible") is read as "r/o" is. The words of each kind stand in
`phrase_words.txt`, the short forms in `phrase_tokens.csv`.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Token = tuple[str, int, int]
"""A word as it is read, and where it begins and ends in the text."""

TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
"""A word or a number of a text."""
END: Final = ""
"""The key under which a trie keeps the findings of the phrase that ends there."""

_PHRASE_TOKEN: Final = re.compile(rf"{TOKEN.pattern}|\*")
_ANYTHING: Final = "*"
"""In a phrase, one to three words of any kind: "dropped * on foot"."""
_MOST_OF_ANYTHING: Final = 3
_QUESTION: Final = re.compile(r"(?<!\w)\? ?$")
"""A question mark that begins something, and ends no question."""
_MOST_PASSED_OVER: Final = 4
_BREAKS: Final = frozenset(",;.\n\r")
"""No phrase reaches across these."""


def folded(text: str) -> str:
    """The text in lower case without accents, each character in its place where Unicode allows it."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


@cache
def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.lower())[:1]
    return base or character


def asks(text: str, tokens: list[Token]) -> bool:
    """Whether anything in the text may ask whether something is so; else `longest` is enough."""
    return "?" in text or not _asking_cues().keys().isdisjoint([token for token, _, _ in tokens])


def longest_asked(text: str, tokens: list[Token], position: int, trie: dict[str, Any]) -> Found:
    """The longest phrase from `position`; what is asked for in another way is read as what is ruled out.

    "?RA" and "c/f RA" are "r/o RA", and "?Crohn's" is a suspicion of Crohn's disease and no known one.
    """
    found = longest(text, tokens, position, trie)
    ruled_out = trie.get("r", {}).get("o")
    if ruled_out is None:
        return found
    for width in _asking(text, tokens, position):
        looked_for = longest(text, tokens, position + width, ruled_out)
        if looked_for.length and looked_for.length + width >= found.length:
            passed_over = looked_for.passed_over
            found = Found(looked_for.length + width, looked_for.findings, passed_over)
    return found


def _asking(text: str, tokens: list[Token], position: int) -> Iterator[int]:
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
    for joined in sorted(phrase_words()["asking"]):
        cue = tuple(joined.split("-"))
        cues[cue[0]] = (*cues.get(cue[0], ()), cue)
    return cues


def read_as(forms: dict[str, dict[str, str]], token: str, written: str, *, capitals: bool) -> str:
    """The word that a short form stands for; one in capitals does so where not all of the text has capitals.

    "HA" is a headache, and in Italian it means "has".
    """
    meant = None if capitals else forms["upper"].get(written)
    return meant or forms[""].get(token, token)


class Found(NamedTuple):
    """A phrase: how many tokens it takes, what it names, and which of its tokens it passes over."""

    length: int = 0
    findings: tuple[str, ...] = ()
    passed_over: tuple[int, ...] = ()


def longest(text: str, tokens: list[Token], position: int, node: dict[str, Any]) -> Found:
    """The longest phrase from `position`.

    A word that may be passed over is tried both ways: as a part of the phrase, and as none.
    """
    best = Found()
    waiting: list[tuple[int, dict[str, Any], Found]] = [(position, node, best)]
    while waiting:
        place, node, found = waiting.pop()
        if END in node and found.length > best.length:
            best = found._replace(findings=node[END])
        if place == len(tokens) or (place > position and _broken(text, tokens, place)):
            continue
        token = tokens[place][0]
        if place > position and token in words_passed_over() and len(found.passed_over) < _MOST_PASSED_OVER:
            waiting.append((place + 1, node, found._replace(passed_over=(*found.passed_over, place))))
        if token in node:
            waiting.append((place + 1, node[token], found._replace(length=place + 1 - position)))
        if _ANYTHING in node:
            waiting.extend(_any_words(text, tokens, place, node[_ANYTHING], found))
    return best


def _any_words(
    text: str, tokens: list[Token], place: int, node: dict[str, Any], found: Found
) -> Iterator[tuple[int, dict[str, Any], Found]]:
    for after in range(place + 1, min(place + _MOST_OF_ANYTHING, len(tokens) - 1) + 1):
        if _broken(text, tokens, after):
            return
        yield after, node, found


def _broken(text: str, tokens: list[Token], place: int) -> bool:
    return not _BREAKS.isdisjoint(text[tokens[place - 1][2] : tokens[place][1]])


def phrase_trie(named: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    """The phrases of findings by their words, one key a word; END holds the findings of a whole phrase."""
    root: dict[str, Any] = {}
    for finding, phrases in named:
        for tokens in {order: None for phrase in phrases for order in _orders(phrase)}:
            node = root
            for token in tokens:
                node = node.setdefault(token, {})
            node[END] = (*node.get(END, ()), finding)
    return root


def _orders(phrase: str) -> Iterator[tuple[str, ...]]:
    """The telling words of a phrase, as written and with its head first: "hip pain", "pain in the hip"."""
    written = (short_forms()[""].get(token, token) for token in _PHRASE_TOKEN.findall(folded(phrase)))
    *described, head = tokens = _telling(list(written))
    yield tuple(tokens)
    if described and head in phrase_words()["head"]:
        yield (head, *described)


def _telling(tokens: list[str]) -> list[str]:
    """The tokens of a phrase without the function words inside it, which a text may leave out."""
    functions = phrase_words()["function"]
    last = len(tokens) - 1
    return [token for place, token in enumerate(tokens) if place in {0, last} or token not in functions]


@cache
def words_passed_over() -> frozenset[str]:
    """Words that may stand inside a phrase without being a part of it: function words, sides, courses."""
    return phrase_words()["function"] | phrase_words()["side"] | phrase_words()["course"]


@cache
def short_forms() -> dict[str, dict[str, str]]:
    """The short forms of `phrase_tokens.csv` by their case."""
    text = (files("terminology") / "phrase_tokens.csv").read_text(encoding="utf-8")
    forms: dict[str, dict[str, str]] = {"": {}, "upper": {}}
    for row in csv.DictReader(text.splitlines()):
        forms[row["case"]][row["written"]] = row["read"]
    return forms


@cache
def phrase_words() -> dict[str, frozenset[str]]:
    """The words of `phrase_words.txt` by their kind."""
    lines = (files("terminology") / "phrase_words.txt").read_text(encoding="utf-8").splitlines()
    return {kind: frozenset(words) for kind, *words in (line.split() for line in lines)}

"""Findings named in free text: longest phrases first, each with what the sentence says of it.

The phrases are those of `findings/*.yaml`, in English and Italian; whether one is negated, past or a
relative's is `context.py`'s judgement. "Rule out PE" names pulmonary embolism as what is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from terminology.context import Assertion, ContextReader
from terminology.finding_measures import measured
from terminology.findings import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAXIMUM_LENGTH: Final = 5_000
"""Characters of a text that are read; what stands beyond is not."""

_TOKEN = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_PASSED_OVER = frozenset((files("terminology") / "passed_over.txt").read_text(encoding="utf-8").split())
_END: Final = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding named at the characters `start` to `end`, and what its sentence says of it."""

    finding: str
    start: int
    end: int
    assertion: Assertion


def mentions(text: str) -> tuple[Mention, ...]:
    """The findings that `text` names, in order of appearance; `()` where it names none."""
    return _mentions(text, _phrases())


def conclusion_mentions(text: str, modality: str) -> tuple[Mention, ...]:
    """The findings that the conclusion of an imaging report of this modality states."""
    return _mentions(text, _conclusions(modality))


def _mentions(text: str, trie: dict[str, Any]) -> tuple[Mention, ...]:
    text = text[:MAXIMUM_LENGTH]
    found = tuple(_spans(text, trie))
    if not found:
        return ()
    context = ContextReader(text)
    return tuple(Mention(finding, start, end, context.assertion(start, end)) for finding, start, end in found)


def folded(text: str) -> str:
    """The text in lower case without accents, each character in its place where Unicode allows it."""
    return "".join(_fold(character) for character in text)


@cache
def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.lower())[:1]
    return base or character


def _spans(text: str, trie: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    tokens = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(folded(text))]
    yield from measured(text, tokens)
    position = 0
    while position < len(tokens):
        length, findings = _longest(tokens, position, trie)
        if not findings:
            position += 1
            continue
        for finding in findings:
            yield finding, tokens[position][1], tokens[position + length - 1][2]
        position += length


def _longest(
    tokens: list[tuple[str, int, int]], position: int, trie: dict[str, Any]
) -> tuple[int, tuple[str, ...]]:
    """How many tokens from `position` the longest phrase takes, and the findings it names."""
    node = trie
    best: tuple[int, tuple[str, ...]] = (0, ())
    for offset, (token, _, _) in enumerate(tokens[position:]):
        step = node.get(token)
        if step is None:
            if offset and token in _PASSED_OVER:
                continue
            break
        node = step
        if _END in node:
            best = (offset + 1, node[_END])
    return best


@cache
def _phrases() -> dict[str, Any]:
    return _trie((finding.id, finding.phrases) for finding in vocabulary())


@cache
def _conclusions(modality: str) -> dict[str, Any]:
    return _trie((finding.id, finding.conclusions) for finding in vocabulary() if modality in finding.imaging)


def _trie(named: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for finding, phrases in named:
        for phrase in phrases:
            node = root
            for token in _TOKEN.findall(folded(phrase)):
                node = node.setdefault(token, {})
            node[_END] = (*node.get(_END, ()), finding)
    return root

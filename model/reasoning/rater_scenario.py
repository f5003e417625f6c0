"""What an order's words speak of, as the rater sees it: organs, conditions, traits of problem and patient."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from model.reasoning.rater_conditions import TABLES, conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORDS: Final = TABLES / "words.yaml"

_KEY_LENGTH: Final = 2
_DENIALS: Final = frozenset({"no", "without", "not", "never", "denies", "negative"})
_DENIED_WITHIN: Final = 3
"""How many words behind a denial are denied; it ends earlier at the end of a clause."""
_CLAUSE: Final = re.compile(r"[.;:,()]|\bbut\b|\band\b")
_WORD: Final = re.compile(r"[a-z0-9]+")
_OF: Final = frozenset({"of", "in", "at"})
_ARTICLES: Final = frozenset({"the", "a", "an", "left", "right", "both"})

Starts = Mapping[str, tuple[tuple[str, str], ...]]
"""Phrases with what they speak of, by their first letters."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the words speak of.

    `organs`, `conditions` and `traits` are said to be there, the organs with how often; `denied` are traits
    that the words deny; `words` are the words themselves, each once.
    """

    organs: Mapping[str, int]
    conditions: frozenset[str]
    traits: frozenset[str]
    denied: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class SceneWords:
    """The tables of beginnings: which concept or condition each speaks of, and the regions of each organ."""

    regions: Mapping[str, tuple[str, ...]]
    traits: frozenset[str]
    starts: Starts
    conditions: Starts

    def concepts_at(self, text: str, place: int) -> list[str]:
        """The organs and traits of which `text` speaks at `place`, where a word begins."""
        return [concept for _, concept in _spoken(self.starts, text, place)]

    def conditions_at(self, text: str, place: int) -> tuple[int, list[str]]:
        """The conditions that the longest phrase at `place` speaks of, and where that phrase ends."""
        found = _spoken(self.conditions, text, place)
        longest = max((len(phrase) for phrase, _ in found), default=0)
        return place + longest, [name for phrase, name in found if len(phrase) == longest]


def _spoken(starts: Starts, text: str, place: int) -> list[tuple[str, str]]:
    found = starts.get(text[place : place + _KEY_LENGTH], ())
    return [each for each in found if text.startswith(each[0], place)]


@cache
def scene_words() -> SceneWords:
    """The bundled tables."""
    table = yaml.load(WORDS.read_bytes(), Loader=yaml.CSafeLoader)
    spoken = {**{name: organ["words"] for name, organ in table["organs"].items()}, **table["traits"]}
    return SceneWords(
        {name: tuple(organ["regions"]) for name, organ in table["organs"].items()},
        frozenset(table["traits"]),
        _starts(spoken),
        _starts({each.name: each.words for each in conditions().values()}),
    )


def _starts(spoken: Mapping[str, Iterable[str]]) -> Starts:
    starts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for concept, phrases in spoken.items():
        for phrase in phrases:
            starts[phrase[:_KEY_LENGTH]].append((phrase, concept))
    return {start: tuple(phrases) for start, phrases in starts.items()}


@lru_cache(maxsize=256)
def read_scene(texts: tuple[str, ...]) -> Scene:
    """What the texts speak of, each on its own."""
    table = scene_words()
    organs: dict[str, int] = defaultdict(int)
    named: set[str] = set()
    traits: set[str] = set()
    denied: set[str] = set()
    seen: set[str] = set()
    for clause in (clause for text in texts for clause in _CLAUSE.split(text.lower().replace("-", " "))):
        words = _WORD.findall(clause)
        line = " ".join((*words, ""))  # so that a phrase can end with its last word
        place, denying, read = 0, 0, 0
        turned = _turned(words)
        for index, word in enumerate(words):
            seen.add(word)
            for phrase in () if denying else turned.get(index, ()):
                named.update(table.conditions_at(phrase, 0)[1])
            if place >= read:
                read, found = table.conditions_at(line, place)
                named.update(() if denying else found)
            for concept in table.concepts_at(line, place):
                if concept in table.regions:
                    organs[concept] += 1
                else:
                    (denied if denying else traits).add(concept)
            denying = _DENIED_WITHIN if word in _DENIALS else max(denying - 1, 0)
            place += len(word) + 1
    return Scene(organs, frozenset(named), frozenset(traits), frozenset(denied - traits), frozenset(seen))


def _turned(words: Sequence[str]) -> Mapping[int, tuple[str, ...]]:
    """By the place of its first word, what "injury of the elbow or the forearm" says the other way round.

    That is "elbow injury" and "forearm injury", with a blank behind each.
    """
    found: dict[int, tuple[str, ...]] = {}
    for place, word in enumerate(words[1:-1], 1):
        if word not in _OF:
            continue
        first, *rest = [each for each in words[place + 1 : place + 6] if each not in _ARTICLES] or [""]
        named = [first, f"{first} {rest[0]}"] if rest else [first]
        if rest[:1] == ["or"]:
            named += rest[1:2]
        found[place - 1] = tuple(f"{each} {words[place - 1]} " for each in named)
    return found

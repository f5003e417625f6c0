"""What an order's words speak of, as the rater sees it: organs, and traits of the problem and the patient."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES: Final = Path(__file__).with_name("rater_tables")
WORDS: Final = TABLES / "words.yaml"

_KEY_LENGTH: Final = 2
_DENIALS: Final = frozenset({"no", "without", "not", "never", "denies", "negative"})
_DENIED_WITHIN: Final = 3
"""How many words behind a denial are denied; it ends earlier at the end of a clause."""
_CLAUSE: Final = re.compile(r"[.;:,()]|\bbut\b|\band\b")
_WORD: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Scene:
    """What the words speak of.

    `organs` and `traits` are said to be there, the organs with how often; `denied` are traits that the words
    deny; `words` are the words themselves, each once.
    """

    organs: Mapping[str, int]
    traits: frozenset[str]
    denied: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class SceneWords:
    """The table of beginnings: which concept each speaks of, and the regions of each organ."""

    regions: Mapping[str, tuple[str, ...]]
    traits: frozenset[str]
    starts: Mapping[str, tuple[tuple[str, str], ...]]

    def concepts_at(self, text: str, place: int) -> list[str]:
        """The concepts of which `text` speaks at `place`, where a word begins."""
        found = self.starts.get(text[place : place + _KEY_LENGTH], ())
        return [concept for phrase, concept in found if text.startswith(phrase, place)]


@cache
def scene_words() -> SceneWords:
    """The bundled table."""
    table = yaml.load(WORDS.read_bytes(), Loader=yaml.CSafeLoader)
    starts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    spoken = {**{name: organ["words"] for name, organ in table["organs"].items()}, **table["traits"]}
    for concept, phrases in spoken.items():
        for phrase in phrases:
            starts[phrase[:_KEY_LENGTH]].append((phrase, concept))
    return SceneWords(
        {name: tuple(organ["regions"]) for name, organ in table["organs"].items()},
        frozenset(table["traits"]),
        {start: tuple(phrases) for start, phrases in starts.items()},
    )


@lru_cache(maxsize=256)
def read_scene(texts: tuple[str, ...]) -> Scene:
    """What the texts speak of, each on its own."""
    table = scene_words()
    organs: dict[str, int] = defaultdict(int)
    traits: set[str] = set()
    denied: set[str] = set()
    seen: set[str] = set()
    for clause in (clause for text in texts for clause in _CLAUSE.split(text.lower().replace("-", " "))):
        words = _WORD.findall(clause)
        line = " ".join(words)
        place, denying = 0, 0
        for word in words:
            seen.add(word)
            for concept in table.concepts_at(line, place):
                if concept in table.regions:
                    organs[concept] += 1
                else:
                    (denied if denying else traits).add(concept)
            denying = _DENIED_WITHIN if word in _DENIALS else max(denying - 1, 0)
            place += len(word) + 1
    return Scene(organs, frozenset(traits), frozenset(denied - traits), frozenset(seen))

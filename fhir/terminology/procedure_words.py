"""The words of imaging orders, from procedure_words.yaml, and how a text is cut into them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Self

import yaml

from terminology.procedure import Laterality, Modality

LONGEST_TEXT: Final = 500
"""Characters of an order that are read; no order's name is longer, and the rest is passed over."""

_WORD: Final = r"[^\W_]+"
# What punctuation alone says, put into words before it is dropped.
_REWRITTEN: Final = (
    (r"\((?:e\.?g|i\.?e)\b[^)]*\)", " "),
    (r"\+\s*/\s*-|±", " with or without "),
    (r"\bc\+|\+\s*c\b", " with contrast "),
    (r"\b\d+\s*v(?:w|ws)?\b", " view "),
    (r"\+", " and "),
    (r"&", " and "),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one phrase says of a procedure; `contrast` is the letter procedure_contrast.py reads."""

    modality: Modality | None = None
    regions: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    side: Laterality | None = None
    contrast: str = ""
    only: frozenset[Modality] = frozenset()
    weak: bool = False
    stop: bool = False

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Self:
        """The meaning an entry of the file describes."""
        return cls(
            modality=Modality(entry["modality"]) if "modality" in entry else None,
            regions=tuple(entry.get("regions", ())),
            techniques=tuple(entry.get("techniques", ())),
            side=Laterality(entry["side"]) if "side" in entry else None,
            contrast=_LETTERS[entry["contrast"]] if "contrast" in entry else "",
            only=frozenset(Modality(name) for name in entry.get("only", ())),
            weak=entry.get("weak", False),
            stop=entry.get("stop", False),
        )

    @property
    def says_what(self) -> bool:
        """Whether it names a region or a technique."""
        return bool(self.regions or self.techniques)


# The kinds of contrast words as letters, so that their order can be read as a pattern.
_LETTERS: Final = {
    "without": "O",
    "without_abbreviated": "o",
    "with": "W",
    "with_abbreviated": "w",
    "medium": "M",
    "route": "I",
    "joining": "A",
    "whole_without": "N",
    "whole_with": "E",
    "whole_both": "B",
    "undecided": "U",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a text that stand in the table; `meanings` is () for a word in no list."""

    text: str
    meanings: tuple[Meaning, ...] = ()


@dataclass(frozen=True, slots=True)
class OneStudy:
    """The modality that two modality words name together, and the technique the second adds."""

    modality: Modality
    technique: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """The whole table, ready for look-up."""

    phrases: Mapping[tuple[str, ...], Mapping[tuple[str, ...], tuple[Meaning, ...]]]
    """By first word, the phrases that begin with it, longest first."""
    needles: frozenset[str]
    """Techniques that are an intervention: never meant unless they are said."""
    qualifiers: frozenset[str]
    """Techniques that are passed over where no entry has them."""
    says_also: Mapping[str, frozenset[str]]
    inside: Mapping[str, tuple[str, ...]]
    wholes: tuple[tuple[frozenset[str], str], ...]
    usual_regions: Mapping[tuple[Modality, frozenset[str]], tuple[str, ...]]
    usual_techniques: Mapping[Modality, str]
    usual_modalities: Mapping[str, Modality]
    one_study: Mapping[frozenset[Modality], OneStudy]

    def cut(self, text: str) -> Iterator[Phrase]:
        """The text as phrases of the table, longest first, and single words that stand in no list."""
        left = tokens(text)
        while left:
            phrase = self._longest(left)
            yield Phrase(" ".join(phrase) or left[0], self.phrases.get(phrase[:1], {}).get(phrase, ()))
            left = left[len(phrase) or 1 :]

    def _longest(self, said: Sequence[str]) -> tuple[str, ...]:
        """The longest phrase the words begin with, as it stands in the table; () when there is none."""
        found: tuple[str, ...] = ()
        for first in (said[0], said[0].removesuffix("s")):
            for phrase in self.phrases.get((first,), ()):
                if len(phrase) <= len(found):
                    break
                if len(phrase) <= len(said) and all(map(_is_said, phrase, said)):
                    found = phrase
                    break
        return found


def _is_said(listed: str, said: str) -> bool:
    return said in (listed, listed + "s")


def tokens(text: str) -> list[str]:
    """The words of the text's first 500 characters: no case, no accents, no punctuation."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_TEXT]).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    for pattern, words in _REWRITTEN:
        plain = re.sub(pattern, words, plain)
    return re.findall(_WORD, plain)


@cache
def words() -> Words:
    """The bundled table, loaded once."""
    table = yaml.load((files("terminology") / "procedure_words.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return Words(
        phrases=_by_first_word(_phrases(table)),
        needles=frozenset(table["needles"]),
        qualifiers=frozenset(table["qualifiers"]),
        says_also={name: frozenset(others) for name, others in table["says_also"].items()},
        inside={region: tuple(around) for region, around in table["inside"].items()},
        wholes=tuple((frozenset(whole["regions"]), whole["are"]) for whole in table["wholes"]),
        usual_regions={
            (Modality(usual["modality"]), frozenset(usual["techniques"])): tuple(usual["regions"])
            for usual in table["unsaid"]["regions"]
        },
        usual_techniques={Modality(name): tech for name, tech in table["unsaid"]["techniques"].items()},
        usual_modalities={tech: Modality(name) for tech, name in table["unsaid"]["modalities"].items()},
        one_study={
            frozenset(Modality(name) for name in pair["words"]): OneStudy(
                Modality(pair["are"]), pair.get("adds")
            )
            for pair in table["one_study"]
        },
    )


def _phrases(table: Mapping[str, Any]) -> dict[tuple[str, ...], list[Meaning]]:
    phrases: dict[tuple[str, ...], list[Meaning]] = {}
    for entry in table["meanings"]:
        meaning = Meaning.from_entry(entry["means"])
        for phrase in entry["words"]:
            phrases.setdefault(tuple(str(phrase).split()), []).append(meaning)
    for kind, listed in table["contrast"].items():
        for phrase in listed:
            phrases.setdefault(tuple(phrase.split()), []).append(Meaning(contrast=_LETTERS[kind]))
    return phrases


def _by_first_word(
    phrases: Mapping[tuple[str, ...], list[Meaning]],
) -> dict[tuple[str, ...], dict[tuple[str, ...], tuple[Meaning, ...]]]:
    table: dict[tuple[str, ...], dict[tuple[str, ...], tuple[Meaning, ...]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        # A meaning kept to some modalities is tried before the one for all.
        meanings = sorted(phrases[phrase], key=lambda meaning: not meaning.only)
        table.setdefault(phrase[:1], {})[phrase] = tuple(meanings)
    return table

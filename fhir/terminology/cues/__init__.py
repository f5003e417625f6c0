"""The cue tables of this folder, and the tokens in which a cue and a text are compared."""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

# A question mark speaks of the word it touches on its left, or else of what follows it.
_PATTERN: Final = re.compile(
    r"""(?P<word> [Nn]on-(?=[^\W_]|$) | [^\W_]+ )
    | (?P<after> \(\?+\) | (?<=[\w~)])\?+ )
    | (?P<sign> \([-+]\) | [][(),:+&?] )
    | (?P<dash> (?<=\s)[-\u2013]+(?=\s) )
    | (?P<stop> [\n\r;!|\u2022\u2014] | (?<=[a-z])\.(?=[A-Z]) | (?<!\.\w)\.(?=\s|$) )""",
    re.VERBOSE,
)
_KEYS: Final = {"after": "~?", "stop": ".", "dash": "-"}
_CENTURIES: Final = frozenset({"19", "20"})
_SAME: Final = {"&": "and", "[": "(", "]": ")"}
_BREAKS: Final = frozenset({"stop", "dash", ",", ")"})


class Token(NamedTuple):
    """A word, sign or break of a text, with its characters' place."""

    key: str
    role: str  # what it does to the reach of a cue: stop | dash | number | a sign | "" for nothing
    start: int
    end: int


class Cue(NamedTuple):
    """What a phrase does: its row of a table without the phrase."""

    kind: str  # cue | pseudo | ends | or | and
    axis: str
    direction: str  # forward | backward | both
    reach: str  # list | phrase | item | word


class Phrase(NamedTuple):
    """Words of the tables with all that they do."""

    keys: tuple[str, ...]
    closing: bool  # holds only where its own phrase ends
    cues: tuple[Cue, ...]

    @property
    def width(self) -> int:
        """How many tokens it takes up: of ", with" the comma only, since the word may begin another cue."""
        return 1 if self.keys[0] == "," else len(self.keys)


class Table(NamedTuple):
    """Every phrase of every language."""

    phrases: dict[str, tuple[tuple[int, dict[tuple[str, ...], list[Phrase]]], ...]]
    # by first key, then by length, the longest first, then by all keys
    breaks: frozenset[str]  # words that close a phrase as a comma does
    abbreviations: frozenset[str]

    @property
    def every_phrase(self) -> Iterator[Phrase]:
        """Give each phrase of the table once."""
        for by_length in self.phrases.values():
            for _, alike in by_length:
                for phrases in alike.values():
                    yield from phrases


def read_tokens(text: str, abbreviations: frozenset[str]) -> Iterator[Token]:
    """Give the words, signs and breaks of a text in order; the full stop of an abbreviation is none."""
    before, before_ends = "", 0
    for match in _PATTERN.finditer(text):
        kind, key = match.lastgroup or "", match[0].lower()
        start, end = match.span()
        if kind == "word":
            role = ""
            if key[0].isdigit():
                role = "number"
                if len(key) == len("1999") and key.isdecimal() and key[:2] in _CENTURIES:
                    key = "#year"
        elif kind == "sign":
            role = key = _SAME.get(key, key)
        else:
            if key == "." and before_ends == start and before in abbreviations:
                continue
            role, key = kind, _KEYS[kind]
        before, before_ends = key, end
        yield Token(key, role, start, end)


def find_phrases(tokens: tuple[Token, ...], table: Table) -> Iterator[tuple[int, Phrase]]:
    """Give the longest phrase at each place with its first token's index, from the left, none overlapping."""
    keys = tuple([token.key for token in tokens])
    at = 0
    while at < len(tokens):
        phrase = _longest(tokens, keys, at, table) if keys[at] in table.phrases else None
        if phrase is not None:
            yield at, phrase
        at += 1 if phrase is None else phrase.width


def _longest(tokens: tuple[Token, ...], keys: tuple[str, ...], at: int, table: Table) -> Phrase | None:
    for length, phrases in table.phrases[keys[at]]:
        for phrase in phrases.get(keys[at : at + length], ()):
            if not phrase.closing or _closes(tokens, at + length, table):
                return phrase
    return None


def _closes(tokens: tuple[Token, ...], after: int, table: Table) -> bool:
    """Whether a phrase ends where the token `after` stands."""
    if after >= len(tokens):
        return True
    following = tokens[after]
    return following.role in _BREAKS or following.key in table.breaks


@cache
def cue_table() -> Table:
    """Read all languages' cues as one: an order may mix languages, and seldom says which it is in."""
    rows: list[dict[str, str]] = []
    for path in sorted(Path(__file__).parent.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    return phrase_table(
        ((row["phrase"], Cue(row["kind"], row["axis"], row["direction"], row["reach"])) for row in rows),
        breaks=frozenset(row["phrase"] for row in rows if row["kind"] in {"ends", "and"} and not row["axis"]),
        abbreviations=frozenset(row["phrase"] for row in rows if row["kind"] == "abbreviation"),
    )


def phrase_table(
    rows: Iterable[tuple[str, Cue]], breaks: frozenset[str], abbreviations: frozenset[str]
) -> Table:
    """Arrange phrases for `find_phrases`; one with "|" at its end counts only where its clause ends."""
    meanings: dict[tuple[tuple[str, ...], bool], dict[Cue, None]] = {}
    for phrase, cue in rows:
        keys = tuple(token.key for token in read_tokens(phrase.removesuffix("|"), frozenset()))
        if cue.kind != "abbreviation":
            meanings.setdefault((keys, phrase.endswith("|")), {})[cue] = None
    phrases: dict[str, dict[int, dict[tuple[str, ...], list[Phrase]]]] = {}
    for keys, closing in sorted(meanings, key=lambda key: (-len(key[0]), not key[1])):
        alike = phrases.setdefault(keys[0], {}).setdefault(len(keys), {})
        alike.setdefault(keys, []).append(Phrase(keys, closing, tuple(meanings[keys, closing])))
    return Table(
        {first: tuple(by_length.items()) for first, by_length in phrases.items()}, breaks, abbreviations
    )

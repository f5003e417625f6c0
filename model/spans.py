"""The clinical words of a text, clause by clause: all that a model or a search ever sees of what was written.

A span holds words of the allow-list (`span_words.py`) in lower case and in the order written, commas inside a
clause that denies something, and small numbers with a unit that leaves with them. All else stays behind:
names, dates, ids, addresses, and what follows a title such as "Mrs". A word that may be a name leaves only
beside a word that our tables put beside it: "Baker's cyst", but not "Baker has a cyst".
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from model.span_words import POSSESSIVE, WORD, SpanWords, span_words
from terminology.phrases import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READ_AT_MOST: Final = 5_000
"""Characters of a text that are read."""
SPANS_AT_MOST: Final = 40
WORDS_AT_MOST: Final = 40
"""Words of one span; a longer clause is cut."""

_OLDEST_TOLD: Final = 89
"""Ages above are not told: 45 CFR 164.514(b)(2)(i)(C)."""
_YEARS: Final = frozenset({"year", "years", "yr", "yrs", "anni", "anno", "yo"})

_TITLED: Final = re.compile(
    r"(?<!\w)(?:Mr|mr|(?i:mrs|mister|dr|drs|doctor|prof|professor|sig\.?ra|signora?|dott\.?(?:\s?ssa|ore)?)"
    r"|M[Ss](?=\.)|Ms|Miss|Sig|(?i:named?|surname|nome|cognome|signed|firmato|aka)(?:\s+is)?)"
    r"(?!\w)[.:]?(?:\s*[^\W\d_][\w'-]*)?(?:[\s.]+(?-i:[A-Z])[\w'-]*)*"
)
_NUMBERED: Final = re.compile(r"(?i)(?<!\w)(?:no|nr|num)\.?\s*[#:]?\s*(?=[\w-]*\d{4})")
_PLAIN: Final = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"}
_STOP: Final = re.compile(r"[;!|•\n\r]|(?<=[\w)\]%])\.(?=[A-Z])|\.(?=\s|$)")
_FOREIGN: Final = re.compile(r"\S*(?:@|://|www\.|_|\\|#)\S*")
_AGE: Final = re.compile(r"(\d{1,3})-?(?:years?|yrs?|y)[-/]?(?:old|o)?")
_COUNT: Final = re.compile(r"(\d{1,3}(?:[.]\d{1,2})?)(?:-?([a-z]+)(?:-old)?)?")
_RANGE: Final = re.compile(r"(\d{1,2})-(\d{1,2})")
_LEVEL: Final = re.compile(r"([ctls]\d{1,2})(?:[-/]([ctls]?)(\d{1,2}))?")
_EDGES: Final = " \t.,:;()[]{}<>\"'*-/+=~"
_NEIGHBOURS_LOOKED_AT: Final = 3


def spans(texts: Iterable[str]) -> tuple[str, ...]:
    """The clinical words of the texts, one span a clause, each span once; `()` where they have none."""
    words = span_words()
    found = dict.fromkeys(span for text in texts for span in _spans(text[:READ_AT_MOST], words))
    return tuple(found)[:SPANS_AT_MOST]


def _spans(text: str, words: SpanWords) -> Iterator[str]:
    text = text.translate(_PLAIN)
    text = _NUMBERED.sub(" ", _FOREIGN.sub(" ", _TITLED.sub(" ; ", text)))
    pattern = _rewritten()
    text = pattern.sub(lambda match: f" {words.rewritten[match.group().lower()]} ", text)
    for sentence in _sentences(text, words):
        pieces = [kept for piece in sentence.split(",") if (kept := _Clause(piece, words).kept())]
        if any(word in words.joining for piece in pieces for word in piece):
            pieces = [[word for piece in pieces for word in (*piece[:-1], f"{piece[-1]},")]]
        for piece in pieces:
            if any(word.rstrip(",") not in words.ordinary and word[0].isalpha() for word in piece):
                yield " ".join(piece[:WORDS_AT_MOST]).rstrip(",")


def _sentences(text: str, words: SpanWords) -> Iterator[str]:
    start = 0
    for match in _STOP.finditer(text):
        if match.group() == "." and text[start : match.start()].rpartition(" ")[2].lower() in (
            words.abbreviations
        ):
            continue
        yield text[start : match.start()]
        start = match.end()
    yield text[start:]


@cache
def _rewritten() -> re.Pattern[str]:
    """Any of the rewritten signs, the longest first; one that begins with a letter begins a word."""
    longest_first = sorted(span_words().rewritten, key=len, reverse=True)
    starts = ("" if sign.startswith("n'") else r"(?<!\w)" for sign in longest_first)
    signs = (
        (start if sign[0].isalpha() else "") + re.escape(sign) + (r"(?!\w)" if sign[-1].isalpha() else "")
        for sign, start in zip(longest_first, starts, strict=True)
    )
    return re.compile("|".join(signs), re.IGNORECASE)


class _Word(NamedTuple):
    """A word of a clause, folded; `None` for what stays behind and parts what stands around it."""

    text: str | None
    capital: bool = False


class _Clause:
    """What stands between two commas, read word by word."""

    def __init__(self, text: str, words: SpanWords) -> None:
        self._allowed = words
        self._chunks = [stripped for chunk in text.split() if (stripped := chunk.strip(_EDGES))]
        self._words: list[_Word] = []
        for place, chunk in enumerate(self._chunks):
            if any(character.isdigit() for character in chunk):
                self._words += self._numbered(chunk.lower(), place)
            elif chunk[1:2] == "-" and (joined := folded(chunk).removesuffix("s")) in words.hyphened:
                self._words.append(_Word(joined))
            else:
                self._words += [self._word(match.group()) for match in WORD.finditer(chunk)]

    def kept(self) -> list[str]:
        """The words that may leave."""
        open_ = {place for place, word in enumerate(self._words) if self._is_guarded(word)}
        if open_:
            passing = {place for place in open_ if self._beside(place, open_)}
            for place in (*sorted(open_), *sorted(open_, reverse=True)):
                if place not in passing and self._chained(place, passing):
                    passing.add(place)
            open_ -= passing
        return [word.text for place, word in enumerate(self._words) if word.text and place not in open_]

    def _word(self, written: str) -> _Word:
        text = folded(POSSESSIVE.sub("", written))
        if text not in self._allowed.allowed:
            _, _, text = text.rpartition("'")  # "dell'anca", "l'addome"
        return _Word(text if text in self._allowed.allowed else None, written[0].isupper())

    def _is_guarded(self, word: _Word) -> bool:
        if word.text is None or word.text not in self._allowed.guarded:
            return False
        return word.capital or word.text not in self._allowed.common

    def _beside(self, place: int, guarded: set[int]) -> bool:
        """Whether the word stands beside one that the tables put there, and that may not be a name itself."""
        around = self._allowed.guarded[self._words[place].text or ""]
        return any(
            other not in guarded and self._words[other].text in around
            for step in (1, -1)
            for other in self._near(place, step)
        )

    def _chained(self, place: int, passing: set[int]) -> bool:
        """Whether it is the next part of a name of a disease that passes: the Stevens of Stevens-Johnson."""
        around = self._allowed.guarded[self._words[place].text or ""]
        return any(other in passing and self._words[other].text in around for other in (place - 1, place + 1))

    def _near(self, place: int, step: int) -> Iterator[int]:
        """The nearest places on one side, up to the first word that is no function word."""
        for distance in range(1, _NEIGHBOURS_LOOKED_AT + 1):
            other = place + step * distance
            if not 0 <= other < len(self._words) or self._words[other].text is None:
                return
            yield other
            if self._words[other].text not in self._allowed.ordinary:
                return

    def _numbered(self, chunk: str, place: int) -> list[_Word]:
        """What may leave of a chunk with digits: a spinal level, an age, or a small number with its unit."""
        if match := _LEVEL.fullmatch(chunk):
            first, part, last = match.groups()
            levels = [first, *([(part or first[0]) + last] if last else [])]
            return [_Word(level if level in self._allowed.levels else None) for level in levels]
        if match := _AGE.fullmatch(chunk):
            told = int(match[1]) <= _OLDEST_TOLD
            return [_Word(word) for word in (match[1], "year", "old")] if told else [_Word(None)]
        before = self._chunks[place - 1] if place else ""
        after = self._chunks[place + 1].lower() if place + 1 < len(self._chunks) else ""
        counted = [] if before[-1:].isdigit() else self._counted(chunk, after)
        return [_Word(word) for word in counted] or [_Word(None)]

    def _counted(self, chunk: str, after: str) -> list[str]:
        """The number or range, with its unit where the two are written together."""
        if match := _RANGE.fullmatch(chunk):
            return [match[1], "to", match[2]] if self._counts(after, match[2]) else []
        if match := _COUNT.fullmatch(chunk):
            number, unit = match.groups()
            if self._counts(unit or after, number):
                return [number, unit] if unit else [number]
        return []

    def _counts(self, unit: str, number: str) -> bool:
        unit = unit.removesuffix("-old")
        return unit in self._allowed.units & self._allowed.allowed and (
            unit not in _YEARS or float(number) <= _OLDEST_TOLD
        )

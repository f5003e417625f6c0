"""What a text tells of an earlier study, wherever it names its place: "XR hip neg", "normal knee films".

The study and its result are the words of `study_results.yaml`; the place, the side and words that tell
nothing may stand between them. A place directly before or behind the phrase is the study's too: "elbow films
negative", "normal films of the wrist".
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from terminology.study_places import named_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from terminology.phrases import Token

_END: Final = ""
_CLOSING: Final = "."
_COLON_MEANS: Final = "shows"
_MOST_PASSED_OVER: Final = 6
_BREAKS: Final = frozenset(",;.\n\r?")
_OLD: Final = re.compile(r"(?i)\b(?:last ye?a?rs?|ye?a?rs? ago|(?:19|20)\d\d)\b")
"""What says of a study that it belongs to no complaint of today."""


class ToldStudy(NamedTuple):
    """A study of which a text tells: how many words from which on, the findings, and the regions it names.

    It has no findings where it is of an earlier year.
    """

    at: int
    width: int
    findings: tuple[str, ...]
    regions: frozenset[str]


def told_studies(text: str, tokens: Sequence[Token], passed_over: frozenset[str]) -> Mapping[int, ToldStudy]:
    """The earlier studies that the words of a text tell of, by their first word.

    `passed_over` are words that may stand inside any phrase without being a part of it.
    """
    words = [token for token, _, _ in tokens]
    if _study_words().isdisjoint(words):
        return {}
    reader = _Reader(text, tokens, passed_over)
    begins = _phrases()
    return {at: told for at, word in enumerate(words) if word in begins and (told := reader.told(at))}


class _Step(NamedTuple):
    """A phrase read up to the word `at`; `paused` where it went on over a comma."""

    at: int
    node: dict[str, Any]
    passed: int = 0
    regions: frozenset[str] = frozenset()
    paused: bool = False


class _Reader:
    def __init__(self, text: str, tokens: Sequence[Token], passed_over: frozenset[str]) -> None:
        self._text = text
        self._tokens = tokens
        self._passed_over = passed_over.union(*map(_words, ("linking", "pausing", "bones")))
        self._places = {place.at: place for place in named_places([token for token, _, _ in tokens])}

    def told(self, at: int) -> ToldStudy | None:
        """The longest phrase that begins at a word."""
        best: ToldStudy | None = None
        waiting = [_Step(at, _phrases())]
        while waiting:
            step = waiting.pop()
            closes = self._broken(step.at)
            findings = () if step.paused and not closes else step.node.get(_END, ())
            if closes:
                findings = (*findings, *step.node.get(_CLOSING, ()))
            if findings and (best is None or step.at - at > best.width):
                best = ToldStudy(at, step.at - at, findings, step.regions)
            waiting.extend(self._next(step, inside=step.at > at))
        if best is None:
            return None
        if self._is_old(best):
            return best._replace(findings=())
        return best._replace(regions=best.regions or self._beside(best))

    def _is_old(self, told: ToldStudy) -> bool:
        """Whether the clause says that the study was made in an earlier year."""
        last = told.at + told.width
        while not self._broken(last):
            last += 1
        begins = self._tokens[told.at][1]
        return _OLD.search(self._text[begins : self._tokens[last - 1][2]]) is not None

    def _next(self, step: _Step, *, inside: bool) -> Iterator[_Step]:
        """The phrase with a word more: one of its own, a place, or a word that is passed over."""
        at, node, passed, _, _ = step
        if at == len(self._tokens):
            return
        if inside and self._broken(at):
            if self._between(at).strip() != "," or self._tokens[at - 1][0] not in _words("pausing"):
                return
            step = step._replace(paused=True)
        if inside and _COLON_MEANS in node and ":" in self._between(at):
            yield from self._next(step._replace(node=node[_COLON_MEANS]), inside=True)
        token = self._tokens[at][0]
        if token in node:
            yield step._replace(at=at + 1, node=node[token])
        if not inside or passed == _MOST_PASSED_OVER:
            return
        named = self._places.get(at)
        if named and self._tokens[at - 1][0] not in _words("bones"):  # a radial head is no head
            regions = step.regions | named.regions
            yield step._replace(at=at + named.width, passed=passed + 1, regions=regions)
        elif token in self._passed_over or token.isdecimal():
            yield step._replace(at=at + 1, passed=passed + 1)

    def _beside(self, told: ToldStudy) -> frozenset[str]:
        """The regions of the place directly before the phrase, else behind it."""
        for place in self._places.values():
            if place.at + place.width == told.at and not self._broken(told.at):
                return place.regions
        at = told.at + told.width
        while at < len(self._tokens) and not self._broken(at):
            if named := self._places.get(at):
                return named.regions
            if self._tokens[at][0] not in self._passed_over:
                break
            at += 1
        return frozenset()

    def _between(self, at: int) -> str:
        """What stands before a word, up to the word before."""
        end = self._tokens[at][1] if at < len(self._tokens) else len(self._text)
        return self._text[self._tokens[at - 1][2] : end]

    def _broken(self, at: int) -> bool:
        return at == len(self._tokens) or not _BREAKS.isdisjoint(self._between(at))


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.load(
        (files("terminology") / "study_results.yaml").read_bytes(), Loader=yaml.CSafeLoader
    )
    return table


@cache
def _study_words() -> frozenset[str]:
    """Words without which a text tells of no study."""
    named = {phrase.split()[-1] for studies in _table()["studies"].values() for phrase in studies}
    return frozenset(named | {"imaged", "xrayed", "rayed"})


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(_table()[kind])


@cache
def _phrases() -> dict[str, Any]:
    root: dict[str, Any] = {}
    for told in _table()["told"]:
        for phrase, end in _written(told):
            node = root
            for token in phrase.split():
                node = node.setdefault(token, {})
            node[end] = (*node.get(end, ()), told["finding"])
    return root


def _written(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every phrase that tells a finding, and whether it must close its clause to do so."""
    for study in _table()["studies"][told["study"]]:
        yield from ((f"{words} {study}", _END) for words in told.get("before", ()))
        for words in told.get("after", ()):
            yield f"{study} {words}", _END
            yield from ((f"{first} {study} {words}", _END) for first in _table()["introducing"])
        yield from ((f"{first} {study} {last}", _END) for first, last in told.get("around", ()))
        yield from ((f"{words} {study}", _CLOSING) for words in told.get("closing", ()))
    yield from ((words, _END) for words in told.get("alone", ()))

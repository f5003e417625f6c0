"""Where a study in words was made: "XR hip", "normal films of the wrist".

The words of places are those of the imaging orders (`procedure_words.yaml`); which regions are imaged
together or lie one beside the other stands in `places_beside.txt`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from terminology.procedure_words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ANYWHERE: Final = frozenset(
    {
        "whole-body",
        "area-of-interest",
        "extremity",
        "skull-base-to-mid-thigh",
        "axial-skeleton",
        "appendicular-skeleton",
    }
)
"""Regions of studies that may be of any place, or of which the order does not say it."""


class Place(NamedTuple):
    """The words from place `at` on, `width` of them, and the regions that they name."""

    at: int
    width: int
    regions: frozenset[str]


def named_places(tokens: Sequence[str]) -> tuple[Place, ...]:
    """The places that the words of a text name, the longest name first at each."""
    found = []
    at = 0
    while at < len(tokens):
        place = _place(tokens, at)
        if place:
            found.append(place)
        at += place.width if place else 1
    return tuple(found)


def may_be_one_place(named: Iterable[str], ordered: Iterable[str]) -> bool:
    """Whether a study of the one regions may show what a study of the others is ordered for."""
    one, other = frozenset(named), frozenset(ordered)
    if not one or not other or not _ANYWHERE.isdisjoint(one | other):
        return True
    return any(
        first == second
        or second in _around(first)
        or first in _around(second)
        or any({first, second} <= group for group in _beside())
        for first in one
        for second in other
    )


def _place(tokens: Sequence[str], at: int) -> Place | None:
    for phrase, regions in _names().get(tokens[at], _names().get(tokens[at].removesuffix("s"), ())):
        written = tokens[at : at + len(phrase)]
        if len(written) == len(phrase) and all(map(_is_said, phrase, written)):
            return Place(at, len(phrase), regions)
    return None


def _is_said(listed: str, said: str) -> bool:
    return said in {listed, f"{listed}s"}


@cache
def _names() -> Mapping[str, tuple[tuple[tuple[str, ...], frozenset[str]], ...]]:
    """By first word, the names that begin with it and what they name, the longest first."""
    named: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for (first,), phrases in words().phrases.items():
        for phrase, meanings in phrases.items():
            for meaning in meanings:
                if meaning.regions and not (
                    meaning.modality or meaning.techniques or meaning.only or meaning.weak or meaning.stop
                ):
                    named.setdefault(first, []).append((phrase, frozenset(meaning.regions)))
    return {first: tuple(sorted(each, key=lambda name: -len(name[0]))) for first, each in named.items()}


@cache
def _around(region: str) -> frozenset[str]:
    """The regions that a region is a part of, those of these included; two may be a part of each other."""
    found: set[str] = set()
    further = [region]
    while further:
        outer = set(words().inside.get(further.pop(), ())) - found
        found |= outer
        further += outer
    return frozenset(found)


@cache
def _beside() -> tuple[frozenset[str], ...]:
    text = (files("terminology") / "places_beside.txt").read_text(encoding="utf-8")
    return tuple(frozenset(line.split()) for line in text.splitlines())

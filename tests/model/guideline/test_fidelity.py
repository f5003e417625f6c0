"""Every rating of the library beside the published facts, where their file is present."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from model.guideline.library import library
from terminology.procedures import catalogue

FACTS = Path(
    os.environ.get("APPOSITE_FACTS", Path(__file__).parents[4] / "shared" / "data" / "acr_ratings.csv")
)
LEVELS = {"O": "0", "Varies": "varies", "": None}
Fact = tuple[str, bool, str | None]


def published() -> dict[tuple[str, str], dict[str, Fact]]:
    """Topic and variant to procedure id to rating, split panel and radiation level."""
    facts: dict[tuple[str, str], dict[str, Fact]] = {}
    with FACTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            candidates = catalogue().read(row["procedure"]).candidates
            assert len(candidates) == 1, "a published procedure is not read to one entry"
            symbols = row["radiation_adult"]
            level = LEVELS[symbols] if symbols in LEVELS else str(len(symbols))
            rating = row["rating"].lower().replace(" ", "-")
            said = (rating, "Disagreement" in row["rating_raw"], level)
            facts.setdefault((row["topic"], row["variant_no"]), {}).setdefault(candidates[0].id, said)
    return facts


def named_by_region(expected: dict[str, Fact], found: dict[str, Fact]) -> dict[str, Fact]:
    """The one deliberate difference: for "area of interest" a topic may name the regions it is about.

    Each region's study carries the rating of the published "area of interest" of the same kind, and its own
    radiation level where the published one "varies".
    """
    named = dict(expected)
    for general, fact in expected.items():
        if "area of interest" in catalogue()[general].name:
            special = [each for each in found if each not in expected and _kind(each) == _kind(general)]
            if special and general not in found:
                del named[general]
            level = fact[2]
            named |= {each: (*fact[:2], found[each][2] if level == "varies" else level) for each in special}
    return named


def _kind(procedure: str) -> tuple[object, ...]:
    entry = catalogue()[procedure]
    return entry.modality, entry.contrast, tuple(each for each in entry.techniques if each != "repeat")


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_ratings_are_the_published_ones() -> None:
    """Each variant rates exactly the published procedures, as published."""
    facts = published()
    differences = []
    for topic in library().topics.values():
        for variant in topic.variants:
            expected = facts.get((topic.source_topic, variant.source_variant))
            if expected is None:
                differences.append(f"{topic.id}/{variant.id}: no such published variant")
                continue
            found = {
                rated.procedure: (rated.rating.value, rated.panel_disagreed, rated.radiation)
                for rated in variant.ratings.values()
            }
            expected = {
                procedure: (*fact[:2], found[procedure][2])
                if fact[2] is None and procedure in found
                else fact
                for procedure, fact in named_by_region(expected, found).items()
            }
            differences += [
                f"{topic.id}/{variant.id}: {procedure}"
                for procedure in sorted(found.keys() | expected.keys())
                if found.get(procedure) != expected.get(procedure)
            ]
    assert differences == []


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_no_sentence_is_the_publishers() -> None:
    """Descriptions, presumptions and reasons are our own words: none is a published variant's sentence."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        sentences = {_plain(row["variant"]) for row in csv.DictReader(file)}
    for topic in library().topics.values():
        for variant in topic.variants:
            own = {variant.description, variant.presumes or "", variant.reason}
            own |= {rated.reason for rated in variant.ratings.values()}
            assert not {_plain(text) for text in own} & sentences, f"{topic.id}/{variant.id}"


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(".", " ").replace(",", " ").split())

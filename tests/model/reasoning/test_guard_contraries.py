"""The citation guard against contraries that are made by rule from each sentence of the labelled passages."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model.reasoning.guard import supported
from model.reasoning.guard_reading import instructs

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSAGES = json.loads((Path(__file__).parents[2] / "vectors" / "guard.json").read_text(encoding="utf-8"))[
    "passages"
]
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
EXCHANGED = [
    *[("CT", "MRI"), ("MRI", "CT"), ("Ultrasound", "CT"), ("ultrasound", "CT")],
    *[("sensitivity", "specificity"), ("specificity", "sensitivity")],
    *[("children", "adults"), ("adults", "children"), ("women", "men"), ("negative", "positive")],
    *[("lower", "higher"), ("reduced", "increased"), ("superior", "inferior"), ("less", "more")],
    *[("after", "before"), ("below", "above"), ("above", "below"), ("without", "with")],
    *[("days", "weeks"), ("minutes", "hours"), ("hours", "days"), ("mm", "cm"), ("cm", "mm")],
    *[("may ", ""), ("might ", ""), ("not ", ""), ("%", "")],
    *[(verb, f"{verb} not") for verb in ("was", "had", "is", "detected", "found", "changed", "showed")],
]


def sentences(text: str) -> list[str]:
    """The passage's sentences that state something."""
    return [each for each in re.split(r"(?<=[.!?])\s+", text) if not instructs(each)]


def contraries(sentence: str) -> Iterator[str]:
    """The sentence with one number changed, two numbers exchanged, or one word turned round."""
    numbers = list(NUMBER.finditer(sentence))
    for each in numbers:
        other = int(float(each.group().replace(",", ""))) + 1
        yield f"{sentence[: each.start()]}{other}{sentence[each.end() :]}"
    for one, two in itertools.combinations(numbers, 2):
        between = sentence[one.end() : two.start()]
        yield f"{sentence[: one.start()]}{two.group()}{between}{one.group()}{sentence[two.end() :]}"
    for word, other in EXCHANGED:
        yield re.sub(
            rf"(?<!\w){re.escape(word)}(?!\w)" if word.isalpha() else re.escape(word),
            other,
            sentence,
            count=1,
        )


@pytest.mark.parametrize("name", PASSAGES)
def test_every_contrary_falls_and_the_sentence_stands(name: str) -> None:
    """A source supports each of its own sentences, and none in which one thing is turned round."""
    source = PASSAGES[name]
    for sentence in sentences(source):
        assert supported(sentence, source)
        for contrary in set(contraries(sentence)) - {sentence}:
            assert not supported(contrary, source), contrary

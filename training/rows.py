"""Examples as the rows that TRL trains on: chat messages to ask, and what the rewards need to judge.

The order is drawn by the recipe's seed, and the ratings take turns: three of five gold ratings are the same,
and few steps on them as they come would teach a model to say nothing else.
"""

from __future__ import annotations

import random
from itertools import chain, cycle, islice
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Rating
from model.reasoning.answer import LABELS, Answer, write_json
from model.reasoning.chat import LETTERS
from training.examples import from_library
from training.precedents import with_precedents
from training.prompting import letter_prompt, rating_prompt
from training.splits import check_apart, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from training.examples import Example
    from training.recipe import Data, Demonstration
    from training.splits import Split

LABEL_ALONE: Final = "label"
WITH_REASONING: Final = "trace"
BOTH: Final = "both"
TARGETS: Final = (WITH_REASONING, LABEL_ALONE, BOTH)
"""What SFT teaches: the reasoning and its rating, the letter of the rating, or these in turns."""


def library_split(data: Data) -> Split:
    """The library, parted as the recipe says; all evidence comes out of its training part."""
    made = split(from_library(), data.by, seed=data.seed, test_share=data.test_share)
    check_apart(made, data.by)
    return type(made)(
        made.name, with_precedents(made.train, made.train), with_precedents(made.test, made.train)
    )


def in_turns(examples: Iterable[Example], *, count: int, seed: int) -> list[Example]:
    """`count` examples in a drawn order, the ratings taking turns; a rare one begins anew when spent."""
    draw = random.Random(seed)  # noqa: S311 - a reproducible order, not a secret
    drawn = draw.sample(list(examples), k=len(list(examples)))
    piles = [[example for example in drawn if example.rating is rating] for rating in Rating]
    turns = [cycle(pile) for pile in piles if pile]
    return list(islice(chain.from_iterable(zip(*turns, strict=True)), count))


def sft_rows(
    examples: Iterable[Example], how: Demonstration, *, target: str, seed: int
) -> Iterator[dict[str, Any]]:
    """A row an example; with `target` both, letter or reasoning is drawn by the seed."""
    draw = random.Random(seed)  # noqa: S311 - as below
    for place, example in enumerate(examples):
        wanted = draw.choice((LABEL_ALONE, WITH_REASONING)) if target == BOTH else target
        yield sft_row(
            example,
            evidence=how.evidence and place % 2 == 0,
            target=wanted,
            most_sentences=how.most_sentences,
        )


def sft_row(example: Example, *, evidence: bool, target: str, most_sentences: int) -> dict[str, Any]:
    """What is asked and what should be answered: the rating's letter, or the reasoning and the rating.

    A gold reasoning goes from the patient to the study; of a longer one the last sentences are kept.
    """
    shown = evidence and bool(example.evidence)
    if target == LABEL_ALONE:
        prompt, wanted = letter_prompt(example, evidence=shown), LETTERS[list(LABELS).index(example.rating)]
    else:
        gold = example.answer(cited=shown)
        prompt = rating_prompt(example, evidence=shown)
        wanted = write_json(Answer(gold.sentences[-most_sentences:], gold.rating))
    return {"prompt": prompt.messages, "completion": [{"role": "assistant", "content": wanted}]}


def grpo_row(example: Example, *, evidence: bool) -> dict[str, Any]:
    """What is asked, and the columns that the rewards read."""
    gold = example.answer(cited=evidence).sentences
    return {
        "prompt": rating_prompt(example, evidence=evidence).messages,
        "rating": example.rating.value,
        "trace": [" ".join([each.text, *(f"[{number}]" for number in each.citations)]) for each in gold],
        "evidence": list(example.evidence) if evidence else [],
    }


def short_enough(
    rows: Sequence[dict[str, Any]], length: Callable[[list[dict[str, str]]], int], longest: int
) -> list[dict[str, Any]]:
    """The rows whose prompt has at most `longest` tokens."""
    return [row for row in rows if length(row["prompt"]) <= longest]

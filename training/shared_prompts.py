"""Prompts of one case as one row of tokens: what they share is read once, and the studies branch off from it.

The orders that a scenario rates differ in the study alone, which ends the prompt. So a row holds what all of
them say, and behind it each order's own end, which sees the beginning and itself but no other end. To the
model that is the same as reading each prompt alone, at about a fifth of the tokens. Rows of several cases
share the system's text in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import torch

from model.reasoning.answer import LABELS
from model.reasoning.chat import lettered
from model.reasoning.prompt import asked
from training.prompting import question_of_example

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

    from model.reasoning.prompt import Question
    from training.examples import Example

UNSEEN: Final = -1e4
"""What is added to the attention of a token to one that it must not see; finite, so that no row is NaN."""


@dataclass(frozen=True, slots=True)
class SharedPrompt:
    """The letter prompts of examples that differ in the study alone, as tokens.

    `beginning` and one of `ends` make the prompt of the example at the same place.
    """

    beginning: tuple[int, ...]
    ends: tuple[tuple[int, ...], ...]
    examples: tuple[Example, ...]


def by_case(examples: Iterable[Example], *, evidence: bool) -> list[tuple[Question, tuple[Example, ...]]]:
    """The examples of one topic that differ in the study alone, with their question, in the examples' order.

    With `evidence` an example's own is in its question, and those with other evidence are another group.
    """
    groups: dict[tuple[str, Question], list[Example]] = defaultdict(list)
    for example in examples:
        question = question_of_example(example, example.evidence if evidence else ())
        groups[example.topic, replace(question, procedure="")].append(example)
    return [(question, tuple(group)) for (_, question), group in groups.items()]


def shared_prompt(question: Question, examples: Sequence[Example], tokenizer: Any) -> SharedPrompt:
    """The letter prompts of the question with each example's study in it."""
    prompts = []
    for example in examples:
        prompt = asked(replace(question, procedure=question_of_example(example).procedure))
        chat = lettered(prompt, list(LABELS.values())).messages
        prompts.append(
            tuple(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False))
        )
    shared = min(_alike(prompts), min(map(len, prompts)) - 1)
    return SharedPrompt(prompts[0][:shared], tuple(each[shared:] for each in prompts), tuple(examples))


def row(prompts: Sequence[SharedPrompt]) -> dict[str, Tensor]:
    """The prompts as one row for a decoder with rotary positions.

    `input_ids` and `position_ids` are 1 x tokens, `attention_mask` 1 x 1 x tokens x tokens is added to the
    attention, and `last` says where each prompt's reply begins: one place an example, in their order.
    """
    shared = _alike([each.beginning for each in prompts])
    ids, positions, last = list(prompts[0].beginning[:shared]), list(range(shared)), []
    seen: list[tuple[int, int, tuple[tuple[int, int], ...]]] = [(0, shared, ())]
    for prompt in prompts:
        own = (len(ids), len(ids) + len(prompt.beginning) - shared)
        ids += prompt.beginning[shared:]
        positions += range(shared, len(prompt.beginning))
        seen.append((*own, ((0, shared),)))
        for end in prompt.ends:
            seen.append((len(ids), len(ids) + len(end), ((0, shared), own)))
            ids += end
            positions += range(len(prompt.beginning), len(prompt.beginning) + len(end))
            last.append(len(ids) - 1)
    visible = torch.zeros((len(ids), len(ids)), dtype=torch.bool)
    for start, stop, before in seen:
        for first, behind in before:
            visible[start:stop, first:behind] = True
        visible[start:stop, start:stop] = torch.ones((stop - start, stop - start), dtype=torch.bool).tril()
    mask = torch.zeros(visible.shape).masked_fill(~visible, UNSEEN)
    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "attention_mask": mask[None, None],
        "last": torch.tensor(last),
    }


def _alike(sequences: Sequence[Sequence[int]]) -> int:
    """How many tokens all sequences begin with alike."""
    first, count = sequences[0], 0
    while all(len(each) > count and each[count] == first[count] for each in sequences):
        count += 1
    return count

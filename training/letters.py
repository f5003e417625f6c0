"""Fine-tuning on the letters of ratings, a case with all its studies at a time (`shared_prompts.py`)."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import torch
from peft import get_peft_model
from torch.nn.functional import cross_entropy
from transformers import Trainer, TrainingArguments
from typing_extensions import override

from model.reasoning.answer import LABELS
from model.reasoning.chat import LETTERS
from training.base_model import load_tokenizer
from training.recipe import RecipeError
from training.rows import library_split
from training.run import base_model, carry_out, common_arguments, lora, prepare
from training.shared_prompts import by_case, row, shared_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from model.reasoning.prompt import Question
    from training.examples import Example
    from training.recipe import Letters, Recipe
    from training.shared_prompts import SharedPrompt

    Case = tuple[Question, Sequence[Example]]

MOST_PASSAGES: Final = 3


class LetterTrainer(Trainer):  # type: ignore[misc]
    """Training on rows of prompts. The loss is that of the replies' first tokens, each counting alike."""

    def __init__(self, *, letters: Sequence[int], **settings: Any) -> None:
        super().__init__(**settings)
        self._letters = torch.tensor(letters)

    @override
    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        read = {name: value for name, value in inputs.items() if name not in {"labels", "last"}}
        output = model(**read, logits_to_keep=inputs["last"], use_cache=False)
        wanted = self._letters.to(output.logits.device)[inputs["labels"]]
        loss = cross_entropy(output.logits[0].float(), wanted)
        if model.training:
            loss = loss / self.args.gradient_accumulation_steps
        return (loss, output) if return_outputs else loss


def letter_ids(tokenizer: Any) -> list[int]:
    """The tokens of the ratings' letters, in the order of `LABELS`."""
    return [tokenizer(letter, add_special_tokens=False)["input_ids"][0] for letter in LETTERS[: len(LABELS)]]


def varied(question: Question, examples: Sequence[Example], how: Letters, draw: random.Random) -> Question:
    """The question as a variation of it is asked; its words or its findings are never left out altogether."""
    shown: tuple[str, ...] = ()
    if draw.random() < how.passages:
        known = [f"{example.procedure}, {text}" for example in examples for text in example.evidence]
        shown = tuple(draw.sample(known, k=min(len(known), draw.randint(1, MOST_PASSAGES))))
    words = tuple(each for each in question.spans if draw.random() >= how.forget)

    def kept(line: tuple[str, ...]) -> tuple[str, ...]:
        return () if words and draw.random() < how.forget else line

    return replace(
        question,
        passages=shown,
        spans=words or question.spans,
        present=kept(question.present),
        absent=kept(question.absent),
        diagnoses=kept(question.diagnoses),
    )


def packs(cases: Sequence[Case], how: Letters, tokenizer: Any, *, seed: int) -> Iterator[list[SharedPrompt]]:
    """Packs of as many varied cases as the batch, without end; each epoch is in another drawn order."""
    draw = random.Random(seed)  # noqa: S311 - a reproducible order, not a secret
    pack: list[SharedPrompt] = []
    while True:
        for question, examples in draw.sample(cases, k=len(cases)):
            pack.append(shared_prompt(varied(question, examples, how, draw), examples, tokenizer))
            if len(pack) == how.optimisation.batch:
                yield pack
                pack = []


def collated(pack: Sequence[Sequence[SharedPrompt]]) -> dict[str, torch.Tensor]:
    """The one pack of a step as a row with its labels."""
    (prompts,) = pack
    ratings = [example.rating for prompt in prompts for example in prompt.examples]
    return {**row(prompts), "labels": torch.tensor([list(LABELS).index(each) for each in ratings])}


def train_letters(recipe: Recipe, output: Path) -> dict[str, Any]:
    """Train a new adapter into `output`/adapter on the letters of the ratings, and return the run's record.

    Raises:
        RecipeError: The recipe has no `letters`.
    """
    if recipe.letters is None:
        raise RecipeError(f"{recipe.name}: letters is missing")
    prepare(recipe)
    how, tokenizer = recipe.letters, load_tokenizer(recipe.base)
    parts = library_split(recipe.data)
    cases, held_out = (by_case(part, evidence=False) for part in (parts.train, parts.test))
    steps = how.optimisation.max_steps * how.optimisation.accumulation
    trainer = LetterTrainer(
        letters=letter_ids(tokenizer),
        model=get_peft_model(base_model(recipe), lora(recipe)),
        args=TrainingArguments(
            **common_arguments(recipe, how.optimisation, output) | {"per_device_train_batch_size": 1},
            per_device_eval_batch_size=1,
            eval_strategy="steps",
            eval_steps=how.optimisation.save_steps,
            prediction_loss_only=True,
            remove_unused_columns=False,
        ),
        data_collator=collated,
        train_dataset=list(islice(packs(cases, how, tokenizer, seed=recipe.seed), steps)),
        eval_dataset=[[shared_prompt(*case, tokenizer)] for case in held_out],
    )
    return carry_out(
        trainer, recipe, output, stage="letters", cases=len(cases), rows=sum(len(each) for _, each in cases)
    )

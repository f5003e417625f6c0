"""Supervised fine-tuning: the model learns to write the gold answers, or the ratings alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from training.base_model import load_tokenizer
from training.rows import in_turns, library_split, sft_row, short_enough
from training.run import base_model, carry_out, common_arguments, lora, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from training.recipe import Recipe


def train_sft(recipe: Recipe, output: Path, *, target: str) -> dict[str, Any]:
    """Train an adapter into `output`/adapter and return the run's record.

    Every other example is shown with evidence, so that one start serves reward designs with and without.
    """
    prepare(recipe)
    tokenizer = load_tokenizer(recipe.base)
    examples = in_turns(
        library_split(recipe.data).train,
        count=recipe.sft.max_steps * recipe.sft.batch * recipe.sft.accumulation,
        seed=recipe.seed,
    )
    rows = short_enough(
        [sft_row(example, evidence=place % 2 == 0, target=target) for place, example in enumerate(examples)],
        lambda prompt: len(tokenizer.apply_chat_template(prompt, return_dict=False)),
        recipe.data.longest_prompt,
    )
    trainer = SFTTrainer(
        model=base_model(recipe),
        args=SFTConfig(**common_arguments(recipe, recipe.sft, output), max_length=recipe.max_length),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora(recipe),
    )
    return carry_out(trainer, recipe, output, stage="sft", target=target, rows=len(rows))

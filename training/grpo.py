"""GRPO: the model's own answers are sampled in groups, rewarded, and made more or less likely."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from datasets import Dataset
from peft import PeftModel
from trl import GRPOConfig, GRPOTrainer

from terminology.dense_encoder import MiniLM
from training.base_model import load_tokenizer
from training.rewards import make_rewards
from training.rows import grpo_row, in_turns, library_split, short_enough
from training.run import base_model, carry_out, common_arguments, lora, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from model.reasoning.language_model import LanguageModel
    from training.recipe import Recipe


def arguments(recipe: Recipe, output: Path, *, variant: str) -> GRPOConfig:
    """TRL's settings for the recipe and one of its reward designs; the weights are in the rewards' order."""
    sampling = recipe.sampling
    return GRPOConfig(
        **common_arguments(recipe, recipe.grpo, output),
        num_generations=sampling.generations,
        max_completion_length=sampling.longest_completion,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        beta=sampling.beta,
        loss_type=sampling.loss,
        use_vllm=sampling.vllm,
        reward_weights=list(recipe.variants[variant].weights),
    )


def train_grpo(
    recipe: Recipe, output: Path, *, variant: str, start: Path | None, judge: LanguageModel | None
) -> dict[str, Any]:
    """Train an adapter by a reward design into `output`/adapter and return the run's record.

    `start` is an SFT adapter: it is merged into the base, which is then the reference that the KL term holds
    the model to, and a new adapter is trained on top. The record says which rewards took part.
    """
    prepare(recipe)
    design = recipe.variants[variant]
    tokenizer = load_tokenizer(recipe.base)
    rows = _rows(recipe, tokenizer, evidence=design.evidence)
    rewards = make_rewards(design.rewards, encoder=cache(MiniLM), judge=judge)
    model = base_model(recipe)
    if start is not None:
        model = PeftModel.from_pretrained(model, str(start)).merge_and_unload()
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=rewards,
        args=arguments(recipe, output, variant=variant),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora(recipe),
    )
    return carry_out(
        trainer,
        recipe,
        output,
        stage="grpo",
        variant=variant,
        rewards=[reward.name for reward in rewards],
        start=None if start is None else start.parent.name,
        rows=len(rows),
    )


def _rows(recipe: Recipe, tokenizer: Any, *, evidence: bool) -> list[dict[str, Any]]:
    examples = in_turns(
        library_split(recipe.data).train,
        count=recipe.grpo.max_steps * recipe.grpo.batch * recipe.grpo.accumulation,
        seed=recipe.seed,
    )
    return short_enough(
        [grpo_row(example, evidence=evidence) for example in examples],
        lambda prompt: len(tokenizer.apply_chat_template(prompt, return_dict=False)),
        recipe.data.longest_prompt,
    )

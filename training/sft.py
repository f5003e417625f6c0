"""Supervised fine-tuning: the model learns to write the gold answers, to give a rating's letter, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from datasets import Dataset
from peft import PeftModel
from torch.nn.functional import cross_entropy
from trl import SFTConfig, SFTTrainer
from typing_extensions import override

from training.base_model import load_tokenizer
from training.rows import in_turns, library_split, sft_rows, short_enough
from training.run import base_model, carry_out, common_arguments, lora, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from training.recipe import Recipe


IGNORED: Final = -100
"""The label of a token that is not learned, such as the prompt's."""


class AnswerTrainer(SFTTrainer):  # type: ignore[misc]
    """SFT in which every row counts alike, whether its answer is a letter or a paragraph.

    Only the places of answers are looked up in the vocabulary. TRL's own loss counts by tokens, so that fifty
    letters weigh as much as one paragraph, and on a CPU looks up every place, which is two thirds of a step.
    """

    @override
    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        labels = inputs["labels"][:, 1:]
        places = (labels != IGNORED).any(dim=0).nonzero().flatten()
        output = model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            logits_to_keep=places,
            use_cache=False,
        )
        wanted = labels[:, places]
        learned = wanted != IGNORED
        losses = cross_entropy(
            output.logits.float().transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
        )
        loss = (losses.sum(dim=1) / learned.sum(dim=1).clamp(min=1)).mean()
        if num_items_in_batch is not None:  # then transformers leaves this division to the loss
            loss = loss / self.current_gradient_accumulation_steps
        right = (output.logits.argmax(dim=-1) == wanted)[learned]
        self._metrics["train" if model.training else "eval"]["mean_token_accuracy"].append(
            right.float().mean().item()
        )
        return (loss, output) if return_outputs else loss


def arguments(recipe: Recipe, output: Path) -> SFTConfig:
    """TRL's settings for the recipe."""
    return SFTConfig(
        **common_arguments(recipe, recipe.sft, output), max_length=recipe.demonstration.max_length
    )


def train_sft(recipe: Recipe, output: Path, *, target: str, start: Path | None = None) -> dict[str, Any]:
    """Train an adapter into `output`/adapter and return the run's record.

    With `target` trace it learns to write answers, with label to give a rating's letter, with both either.
    `start` is an adapter to go on with; otherwise a new one is begun.
    """
    prepare(recipe)
    tokenizer = load_tokenizer(recipe.base)
    examples = in_turns(
        library_split(recipe.data).train,
        count=recipe.sft.max_steps * recipe.sft.batch * recipe.sft.accumulation,
        seed=recipe.seed,
    )
    rows = short_enough(
        list(sft_rows(examples, recipe.demonstration, target=target, seed=recipe.seed)),
        lambda prompt: len(tokenizer.apply_chat_template(prompt, return_dict=False)),
        recipe.data.longest_prompt,
    )
    model = base_model(recipe)
    if start is not None:
        model = PeftModel.from_pretrained(model, str(start), is_trainable=True)
    trainer = AnswerTrainer(
        model=model,
        args=arguments(recipe, output),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=None if start else lora(recipe),
    )
    return carry_out(
        trainer,
        recipe,
        output,
        stage="sft",
        target=target,
        start=None if start is None else start.parent.name,
        rows=len(rows),
    )

"""What every training run shares: its settings for TRL, its adapter, and the record of how it was made."""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import torch
from peft import LoraConfig
from transformers import BitsAndBytesConfig
from transformers.trainer_utils import get_last_checkpoint

from training.base_model import load_model
from training.curves import write_curves

if TYPE_CHECKING:
    from pathlib import Path

    from training.recipe import Optimisation, Recipe

VERSIONS: Final = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")
RECORD: Final = "run.json"


def prepare(recipe: Recipe) -> None:
    """Fix the seed, and the number of threads where the recipe names one."""
    torch.manual_seed(recipe.seed)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)


def base_model(recipe: Recipe) -> Any:
    """The recipe's base model, in 4 bits where it says so."""
    return load_model(recipe.base, dtype=recipe.dtype, quantization=quantization(recipe))


def quantization(recipe: Recipe) -> BitsAndBytesConfig | None:
    """How the base model is held in 4 bits; `None` where the recipe does not ask for it."""
    if not recipe.quantize:
        return None
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def lora(recipe: Recipe) -> LoraConfig:
    """The adapter to train."""
    return LoraConfig(
        r=recipe.lora.r,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules=list(recipe.lora.targets),
        task_type="CAUSAL_LM",
    )


def common_arguments(recipe: Recipe, how: Optimisation, output: Path) -> dict[str, Any]:
    """The trainer's arguments that SFT and GRPO share."""
    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(output),
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "learning_rate": how.learning_rate,
        "lr_scheduler_type": how.scheduler,
        "warmup_steps": how.warmup,
        "weight_decay": how.weight_decay,
        "adam_beta1": how.betas[0],
        "adam_beta2": how.betas[1],
        "max_grad_norm": how.max_grad_norm,
        "per_device_train_batch_size": how.batch,
        "gradient_accumulation_steps": how.accumulation,
        "max_steps": how.max_steps,
        "save_steps": how.save_steps,
        "save_total_limit": 2,
        "logging_steps": 1,
        "report_to": "none",
        "use_cpu": not on_gpu,
        "bf16": recipe.autocast,
        "gradient_checkpointing": on_gpu,
        "dataloader_pin_memory": on_gpu,
        "disable_tqdm": True,
    }


def carry_out(trainer: Any, recipe: Recipe, output: Path, **about: Any) -> dict[str, Any]:
    """Train, from the last checkpoint where there is one; leave the adapter, the curves and the record.

    The record says what was run: the recipe's digest, the seed, the versions, the steps and the seconds.
    """
    checkpoint = get_last_checkpoint(str(output)) if output.is_dir() else None
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=checkpoint)
    seconds = time.monotonic() - started
    trainer.save_model(str(output / "adapter"))
    history = [entry for entry in trainer.state.log_history if "learning_rate" in entry]
    record = {
        **about,
        "recipe": recipe.name,
        "digest": recipe.digest,
        "seed": recipe.seed,
        "versions": {name: version(name) for name in VERSIONS},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "steps": trainer.state.global_step,
        "resumed": checkpoint is not None,
        "seconds": round(seconds, 1),
    }
    if trainer.is_world_process_zero():
        write_curves(history, output)
        (output / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record

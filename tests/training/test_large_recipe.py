"""The recipes that no machine here can run: what TRL, peft and accelerate make of them, without a model."""

from __future__ import annotations

import pytest

pytest.importorskip("trl", reason="the training's libraries are in an environment of their own")

import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import DeepSpeedPlugin, FullyShardedDataParallelPlugin

from training import grpo, sft
from training.recipe import RECIPES, find_recipe, read_recipe
from training.run import lora, quantization

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own warnings are not ours to fix

LARGE = read_recipe(find_recipe("llama-3.1-8b"))
ACCELERATE = RECIPES / "accelerate"


def test_the_published_settings_reach_trl(tmp_path):
    """GRPO's configuration holds the published settings (arXiv 2510.05194), rollouts by vLLM among them."""
    made = grpo.arguments(LARGE, tmp_path, variant="medreason-embed")
    assert (made.learning_rate, made.weight_decay, made.max_grad_norm) == (5e-6, 0.1, 0.1)
    assert (made.adam_beta1, made.adam_beta2, made.lr_scheduler_type) == (0.9, 0.99, "cosine")
    assert (made.per_device_train_batch_size, made.gradient_accumulation_steps) == (6, 2)
    assert (made.num_generations, made.max_completion_length, made.use_vllm) == (6, 1000, True)
    assert made.reward_weights == list(LARGE.variants["medreason-embed"].weights)
    assert made.bf16


def test_every_reward_design_has_its_settings(tmp_path):
    """TRL accepts each design's number of weights."""
    for name, design in LARGE.variants.items():
        assert len(grpo.arguments(LARGE, tmp_path, variant=name).reward_weights) == len(design.rewards)


def test_sft_and_the_adapter_are_those_of_the_recipe(tmp_path):
    """The row length, the adapter's size and its projections are what the recipe says."""
    assert sft.arguments(LARGE, tmp_path).max_length == LARGE.demonstration.max_length
    adapter = lora(LARGE)
    assert (adapter.r, adapter.lora_alpha, adapter.task_type) == (32, 32, "CAUSAL_LM")
    assert adapter.target_modules == set(LARGE.lora.targets)


def test_the_base_model_is_held_in_four_bits():
    """The quantization is NF4, computed with in bfloat16; a recipe that asks for none has none."""
    made = quantization(LARGE)
    assert made.load_in_4bit
    assert made.bnb_4bit_quant_type == "nf4"
    assert made.bnb_4bit_compute_dtype is torch.bfloat16
    assert quantization(read_recipe(find_recipe("smollm2"))) is None


def test_accelerate_reads_the_deepspeed_configuration():
    """ZeRO and the number of processes are as the file says, and accelerate makes its plugin of them."""
    read = load_config_from_file(str(ACCELERATE / "deepspeed.yaml"))
    assert read.distributed_type == "DEEPSPEED"
    assert read.num_processes > 1
    plugin = DeepSpeedPlugin(zero_stage=read.deepspeed_config["zero_stage"])
    assert plugin.zero_stage == read.deepspeed_config["zero_stage"]


def test_accelerate_reads_the_fsdp_configuration():
    """The version of FSDP is as the file says, and accelerate makes its plugin of it."""
    read = load_config_from_file(str(ACCELERATE / "fsdp.yaml"))
    assert read.distributed_type == "FSDP"
    version = int(read.fsdp_config.get("fsdp_version", 1))
    assert FullyShardedDataParallelPlugin(fsdp_version=version).fsdp_version == version

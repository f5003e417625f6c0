"""Writes a LoRA adapter of random weights for SmolLM2 into a folder; run where torch and peft are installed.

The weights are large enough that the adapted model answers otherwise. The base model's folder is printed.
"""

from __future__ import annotations

import sys

import torch
from peft import LoraConfig, get_peft_model

from training.base_model import SMOLLM2, load_model, model_folder

if __name__ == "__main__":
    torch.manual_seed(5)
    settings = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(load_model(SMOLLM2), settings)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    adapted.save_pretrained(sys.argv[1])
    print(model_folder(SMOLLM2))  # noqa: T201 - the answer

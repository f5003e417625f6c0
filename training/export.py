"""A LoRA adapter as GGUF, as llama.cpp applies it to the base model's GGUF file, and back.

llama.cpp keeps the rows of the query and key projections in another order than transformers does (its rotary
embedding turns neighbours, transformers' turns halves), so the `b` factors of those two are put into that
order.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import gguf
import numpy as np
from peft import LoraConfig
from safetensors.numpy import load_file, save_file
from transformers import AutoConfig

from training.base_model import model_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""A projection's name in transformers, and in llama.cpp."""

_PARTS: Final = {ours: theirs for theirs, ours in NAMES.items()}
_ALPHA: Final = "adapter.lora.alpha"

_TENSOR: Final = re.compile(r".*\.layers\.(?P<layer>\d+)\.(?P<part>[a-z_.]+)\.lora_(?P<factor>[AB])\.weight")
_GGUF_TENSOR: Final = re.compile(r"blk\.(?P<layer>\d+)\.(?P<part>\w+)\.weight\.lora_(?P<factor>[ab])")


class ExportError(ValueError):
    """The adapter cannot be written as GGUF, or read from one; the message says why."""


def write_gguf(adapters: Sequence[Path], output: Path, base: str = "smollm2-135m-instruct") -> None:
    """Write the peft adapters in these folders as one GGUF of half precision, for a llama base.

    Each was trained on the base with those before it merged in; together they are one adapter, whose rank is
    the sum of theirs.

    Raises:
        ExportError: A folder holds no peft adapter, or one of a part that llama.cpp does not adapt.
    """
    config = AutoConfig.from_pretrained(model_folder(base))
    factors: dict[str, list[np.ndarray[Any, Any]]] = defaultdict(list)
    rank = 0
    for folder in adapters:
        settings = _settings(folder)
        rank += settings["r"]
        for name, tensor in load_file(folder / "adapter_model.safetensors").items():
            scale = settings["lora_alpha"] / settings["r"] if ".lora_B." in name else 1.0
            factors[name].append(tensor.astype(np.float32) * scale)
    writer = gguf.GGUFWriter(output, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32(_ALPHA, float(rank))  # the scale, alpha / rank, is in the factors already
    for name, parts in sorted(factors.items()):
        joined = np.concatenate(parts, axis=1 if ".lora_B." in name else 0)
        writer.add_tensor(*_converted(name, joined, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(adapter: Path, output: Path, base: str = "smollm2-135m-instruct") -> None:
    """Write the GGUF adapter as a peft adapter into the folder, so that training can go on from it.

    The factors are those of the file, of half precision; a rank that several adapters share is one adapter's.

    Raises:
        ExportError: The file is no GGUF of a LoRA adapter for a llama base.
    """
    config = AutoConfig.from_pretrained(model_folder(base))
    try:
        reader = gguf.GGUFReader(adapter)
    except ValueError as error:
        raise ExportError("the file is no GGUF") from error
    if _ALPHA not in reader.fields:
        raise ExportError("the file holds no LoRA adapter")
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    ranks: set[int] = set()
    parts: set[str] = set()
    for each in reader.tensors:
        match = _GGUF_TENSOR.fullmatch(each.name)
        if match is None or match["part"] not in _PARTS:
            raise ExportError("the adapter changes a part that is none of a llama base's projections")
        part, factor, data = _PARTS[match["part"]], match["factor"].upper(), each.data.astype(np.float32)
        if factor == "B":
            heads = _heads(match["part"], config)
            data = from_llama_order(data, heads) if heads else data
        tensors[f"base_model.model.model.layers.{match['layer']}.{part}.lora_{factor}.weight"] = (
            np.ascontiguousarray(data)
        )
        ranks.add(data.shape[1 if factor == "B" else 0])
        parts.add(part.split(".")[-1])
    if len(ranks) != 1:
        raise ExportError("the adapter has not one rank throughout")
    output.mkdir(parents=True, exist_ok=True)
    save_file(tensors, output / "adapter_model.safetensors")
    LoraConfig(
        r=ranks.pop(),
        lora_alpha=reader.fields[_ALPHA].contents(),
        target_modules=sorted(parts),
        task_type="CAUSAL_LM",
    ).save_pretrained(output)


def to_llama_order(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """The rows of a query or key projection, each head's two halves laced into neighbours."""
    count, *rest = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, *rest).swapaxes(1, 2).reshape(rows.shape)


def from_llama_order(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """The rows as they were before `to_llama_order`."""
    count, *rest = rows.shape
    return rows.reshape(heads, count // heads // 2, 2, *rest).swapaxes(1, 2).reshape(rows.shape)


def _settings(folder: Path) -> dict[str, Any]:
    """The peft adapter's settings."""
    try:
        settings: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ExportError(
            "the folder holds no peft adapter; a run leaves one in its folder adapter"
        ) from error
    return settings


def _heads(part: str, config: Any) -> int | None:
    """How many heads share a projection's rows, by its name in llama.cpp; `None` where their order stays."""
    found: int | None = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
    return found


def _converted(name: str, tensor: np.ndarray[Any, Any], config: Any) -> tuple[str, np.ndarray[Any, Any]]:
    match = _TENSOR.fullmatch(name)
    if match is None or match["part"] not in NAMES:
        raise ExportError("the adapter changes a part that llama.cpp does not adapt")
    if match["factor"] == "B":
        heads = _heads(NAMES[match["part"]], config)
        tensor = to_llama_order(tensor, heads) if heads else tensor
    return (
        f"blk.{match['layer']}.{NAMES[match['part']]}.weight.lora_{match['factor'].lower()}",
        np.ascontiguousarray(tensor, dtype=np.float16),
    )

"""A LoRA adapter as GGUF, as llama.cpp applies it to the base model's GGUF file.

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
from safetensors.numpy import load_file
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

_TENSOR: Final = re.compile(r".*\.layers\.(?P<layer>\d+)\.(?P<part>[a-z_.]+)\.lora_(?P<factor>[AB])\.weight")


class ExportError(ValueError):
    """The adapter cannot be written as GGUF; the message says why."""


def write_gguf(adapters: Sequence[Path], output: Path, base: str = "smollm2-135m-instruct") -> None:
    """Write the peft adapters in these folders as one GGUF of half precision, for a llama base.

    Each was trained on the base with those before it merged in; together they are one adapter, whose rank is
    the sum of theirs.

    Raises:
        ExportError: A tensor is none that llama.cpp adapts in such a model.
    """
    config = AutoConfig.from_pretrained(model_folder(base))
    factors: dict[str, list[np.ndarray[Any, Any]]] = defaultdict(list)
    rank = 0
    for folder in adapters:
        settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        rank += settings["r"]
        for name, tensor in load_file(folder / "adapter_model.safetensors").items():
            scale = settings["lora_alpha"] / settings["r"] if ".lora_B." in name else 1.0
            factors[name].append(tensor.astype(np.float32) * scale)
    writer = gguf.GGUFWriter(output, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32(
        "adapter.lora.alpha", float(rank)
    )  # the scale, alpha / rank, is in the factors already
    for name, parts in sorted(factors.items()):
        joined = np.concatenate(parts, axis=1 if ".lora_B." in name else 0)
        writer.add_tensor(*_converted(name, joined, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def to_llama_order(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """The rows of a query or key projection, each head's two halves laced into neighbours."""
    count, *rest = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, *rest).swapaxes(1, 2).reshape(rows.shape)


def _converted(name: str, tensor: np.ndarray[Any, Any], config: Any) -> tuple[str, np.ndarray[Any, Any]]:
    match = _TENSOR.fullmatch(name)
    if match is None or match["part"] not in NAMES:
        raise ExportError("the adapter changes a part that llama.cpp does not adapt")
    if match["factor"] == "B":
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(
            NAMES[match["part"]]
        )
        tensor = to_llama_order(tensor, heads) if heads else tensor
    return (
        f"blk.{match['layer']}.{NAMES[match['part']]}.weight.lora_{match['factor'].lower()}",
        np.ascontiguousarray(tensor, dtype=np.float16),
    )

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch", reason="the training's libraries are in an environment of their own")
xllamacpp = pytest.importorskip("xllamacpp", reason="xllamacpp is needed to read the adapter back")

import gguf  # noqa: E402
import torch  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402

from training import export  # noqa: E402
from training.base_model import SMOLLM2, TINY, load_model, load_tokenizer, packaged_gguf  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own warnings are not ours to fix

PROMPT = "Question: is computed tomography of the head right for a headache? The answer is"


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    """A folder with an adapter of random weights, large enough to change what the model says."""
    torch.manual_seed(5)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(
        load_model(SMOLLM2), LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM")
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    folder = tmp_path_factory.mktemp("adapter")
    model.save_pretrained(folder)
    with torch.no_grad():
        ids = load_tokenizer(SMOLLM2)(PROMPT, return_tensors="pt")
        logits = model(**ids).logits[0, -1].log_softmax(-1)
        with model.disable_adapter():
            plain = model(**ids).logits[0, -1].log_softmax(-1)
    return folder, logits, plain


def llama_log_probabilities(adapter_file=None):
    """llama.cpp's ten likeliest next tokens, by token id, with the adapter applied to the packaged base."""
    settings = xllamacpp.CommonParams()
    settings.model.path = str(packaged_gguf())
    settings.n_ctx, settings.n_parallel, settings.warmup, settings.verbosity = 256, 1, False, -1
    settings.cpuparams.n_threads = 1
    if adapter_file:
        info = xllamacpp.CommonAdapterLoraInfo()
        info.path, info.scale = str(adapter_file), 1.0
        settings.lora_adapters = [info]
    server = xllamacpp.Server(settings)
    reply = server.handle_completions(
        {"prompt": PROMPT, "n_predict": 1, "logprobs": 10, "temperature": 0.0, "cache_prompt": False}
    )
    (first,) = reply["choices"][0]["logprobs"]["content"]
    return {each["id"]: each["logprob"] for each in first["top_logprobs"]}


def distance(found, expected):
    """The mean difference of log-probabilities over llama.cpp's ten likeliest tokens."""
    return sum(abs(value - expected[token].item()) for token, value in found.items()) / len(found)


def test_llama_cpp_says_with_the_adapter_what_peft_says(adapter, tmp_path):
    """The exported adapter moves llama.cpp's next-token probabilities to where peft has them."""
    folder, logits, plain = adapter
    export.write_gguf([folder], tmp_path / "adapter.gguf")
    found = llama_log_probabilities(tmp_path / "adapter.gguf")
    near, far = distance(found, logits), distance(found, plain)
    assert near < 0.25, (near, far)
    assert far > 4 * near, (near, far)


def test_rows_in_the_wrong_order_would_be_seen(adapter, tmp_path, monkeypatch):
    """Without the change of order of query and key rows, the probabilities are further off."""
    folder, logits, _ = adapter
    export.write_gguf([folder], tmp_path / "right.gguf")
    monkeypatch.setattr(export, "to_llama_order", lambda rows, _heads: rows)
    export.write_gguf([folder], tmp_path / "wrong.gguf")
    right = distance(llama_log_probabilities(tmp_path / "right.gguf"), logits)
    wrong = distance(llama_log_probabilities(tmp_path / "wrong.gguf"), logits)
    assert math.isfinite(wrong)
    assert wrong > 1.5 * right, (right, wrong)


def changes(path):
    """By projection, what the adapter of a GGUF file adds to its weights."""
    tensors = {each.name: each.data.astype("float32") for each in gguf.GGUFReader(path).tensors}
    names = {name.removesuffix(".lora_a") for name in tensors if name.endswith(".lora_a")}
    return {name: tensors[f"{name}.lora_b"] @ tensors[f"{name}.lora_a"] for name in names}


def test_adapters_trained_one_on_another_add_up(tmp_path):
    """SFT's adapter and GRPO's on top of it, of unlike ranks and scales, are in one file what they are together."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, rank in zip(folders, (2, 3), strict=True):
        targets = ["q_proj", "down_proj"]
        model = get_peft_model(
            load_model(TINY), LoraConfig(r=rank, lora_alpha=6, target_modules=targets, task_type="CAUSAL_LM")
        )
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.5)
        model.save_pretrained(folder)
        export.write_gguf([folder], folder / "alone.gguf", base=TINY)
    export.write_gguf(folders, tmp_path / "both.gguf", base=TINY)
    together = changes(tmp_path / "both.gguf")
    one, other = (changes(folder / "alone.gguf") for folder in folders)
    assert len(together) == 4
    for name, change in together.items():
        assert change == pytest.approx(one[name] + other[name], abs=0.01)

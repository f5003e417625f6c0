from __future__ import annotations

import math

import pytest

pytest.importorskip("torch", reason="the training's libraries are in an environment of their own")
xllamacpp = pytest.importorskip("xllamacpp", reason="xllamacpp is needed to read the adapter back")

import gguf  # noqa: E402
import torch  # noqa: E402
from click.testing import CliRunner  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402

from cds_service.cli import main  # noqa: E402
from model.reasoning.backend import ADAPTER  # noqa: E402
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


def tiny_adapter(folder, rank, *, seed):
    """A folder with an adapter of random weights for the tiny base."""
    torch.manual_seed(seed)
    model = get_peft_model(
        load_model(TINY),
        LoraConfig(r=rank, lora_alpha=6, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"),
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(folder)
    return folder


def test_adapters_trained_one_on_another_add_up(tmp_path):
    """SFT's adapter and GRPO's on top of it, of unlike ranks and scales, are in one file what they are together."""
    folders = [tiny_adapter(tmp_path / name, rank, seed=rank) for name, rank in (("first", 2), ("second", 3))]
    for folder in folders:
        export.write_gguf([folder], folder / "alone.gguf", base=TINY)
    export.write_gguf(folders, tmp_path / "both.gguf", base=TINY)
    together = changes(tmp_path / "both.gguf")
    one, other = (changes(folder / "alone.gguf") for folder in folders)
    assert len(together) == 4
    for name, change in together.items():
        assert change == pytest.approx(one[name] + other[name], abs=0.01)


def logits_with(folder):
    """What the tiny base says with the adapter of a folder."""
    model = PeftModel.from_pretrained(load_model(TINY), str(folder))
    with torch.no_grad():
        return model(input_ids=torch.arange(5, 25)[None]).logits


def test_an_adapter_comes_back_from_its_gguf(tmp_path):
    """The peft adapter that is read from a GGUF says what the one that was written to it says."""
    first = tiny_adapter(tmp_path / "first", 3, seed=6)
    export.write_gguf([first], tmp_path / "it.gguf", base=TINY)
    export.read_gguf(tmp_path / "it.gguf", tmp_path / "back", base=TINY)
    other = tiny_adapter(tmp_path / "other", 3, seed=7)
    said = logits_with(first)
    assert (logits_with(tmp_path / "back") - said).abs().max() < 0.02
    assert (logits_with(other) - said).abs().max() > 0.2


def test_the_adapter_that_comes_along_can_be_trained_on(tmp_path):
    """The bundled adapter reads as a peft adapter of all projections."""
    export.read_gguf(ADAPTER, tmp_path)
    model = PeftModel.from_pretrained(load_model(SMOLLM2), str(tmp_path), is_trainable=True)
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(trained) == 30 * 7 * 2


def test_what_is_no_adapter_is_refused(tmp_path):
    """A folder without an adapter, a file that is no GGUF and a GGUF that holds a model are named as such."""
    (tmp_path / "text.gguf").write_text("nothing of the kind, and long enough to hold a header")
    for refused, why in ((tmp_path / "text.gguf", "no GGUF"), (packaged_gguf(), "no LoRA adapter")):
        with pytest.raises(export.ExportError, match=why):
            export.read_gguf(refused, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(export.ExportError, match="no peft adapter"):
        export.write_gguf([tmp_path], tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


def test_the_commands_turn_an_adapter_into_a_peft_folder_and_back(tmp_path):
    """What `train import` writes, `train export` reads; either refuses in a sentence what it cannot read."""
    (tmp_path / "empty").mkdir()
    back, again = tmp_path / "adapter", tmp_path / "again.gguf"
    run = CliRunner().invoke
    assert run(main, ["train", "import", "--adapter", str(ADAPTER), "--output", str(back)]).exit_code == 0
    assert run(main, ["train", "export", "--adapter", str(back), "--output", str(again)]).exit_code == 0
    ours, theirs = changes(again), changes(ADAPTER)
    assert ours.keys() == theirs.keys()
    assert all(ours[name] == pytest.approx(theirs[name], abs=1e-3) for name in list(theirs)[:7])
    for command, refused in (("import", packaged_gguf()), ("export", tmp_path / "empty")):
        result = run(
            main, ["train", command, "--adapter", str(refused), "--output", str(tmp_path / "nothing")]
        )
        assert result.exit_code == 1
        assert result.output.startswith("Error: the f")

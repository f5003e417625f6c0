from __future__ import annotations

import csv
import json
import re
import shutil

import pytest

pytest.importorskip("trl", reason="the training's libraries are in an environment of their own")

import gguf
from click.testing import CliRunner

from training.cli_evaluate import evaluate
from training.export import write_gguf
from training.grpo import train_grpo
from training.letters import train_letters
from training.recipe import find_recipe, read_recipe
from training.sft import train_sft

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own warnings are not ours to fix

TINY = read_recipe(find_recipe("tiny"))
TRAJECTORY = {1: 10.82, 5: 10.75, 10: 10.71, 15: 10.71, 20: 10.70}
"""Losses on the library's examples: a library with other topics draws others, and the figures are seen anew."""


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A finished SFT run of the tiny recipe."""
    folder = tmp_path_factory.mktemp("runs") / "sft"
    return folder, train_sft(TINY, folder, target="trace")


def losses(folder):
    """The loss of each step, from the run's curves."""
    with (folder / "curves.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["step"]): float(row["loss"]) for row in csv.DictReader(file)}


def test_twenty_steps_follow_the_reference_trajectory(tuned):
    """The same recipe and seed give the losses that were seen when this was written, within a hundredth."""
    found = losses(tuned[0])
    assert len(found) == 20
    assert {step: found[step] for step in TRAJECTORY} == pytest.approx(TRAJECTORY, abs=0.01)


def test_a_run_leaves_its_record_and_its_curves(tuned):
    """The record names recipe, digest, seed and versions; the curves are a table and a picture."""
    folder, record = tuned
    assert json.loads((folder / "run.json").read_text(encoding="utf-8")) == record
    assert (record["digest"], record["seed"], record["steps"]) == (TINY.digest, TINY.seed, 20)
    assert record["versions"]["trl"]
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_broken_run_goes_on_where_it_was(tuned, tmp_path):
    """A run of which only the checkpoint of step 10 is left is resumed, and ends as the unbroken one did."""
    shutil.copytree(tuned[0] / "checkpoint-10", tmp_path / "run" / "checkpoint-10")
    record = train_sft(TINY, tmp_path / "run", target="trace")
    assert record["resumed"]
    assert losses(tmp_path / "run") == pytest.approx(losses(tuned[0]), abs=1e-3)


def test_an_adapter_is_gone_on_with(tuned, tmp_path):
    """A run that starts with an adapter trains that one further: it begins where the other ended."""
    record = train_sft(TINY, tmp_path / "more", target="trace", start=tuned[0] / "adapter")
    assert record["start"] == "sft"
    assert losses(tmp_path / "more")[1] < TRAJECTORY[1] - 0.05


def test_letters_are_learned_a_case_at_a_time(tmp_path):
    """The run leaves its record and curves, and the loss of the letters falls."""
    record = train_letters(TINY, tmp_path / "letters")
    assert (record["stage"], record["steps"]) == ("letters", 12)
    assert record["rows"] > record["cases"] > 100
    found = losses(tmp_path / "letters")
    assert found[12] < found[1]


def test_grpo_runs_every_reward_and_export_writes_its_adapter(tuned, tmp_path):
    """Rewards are logged by name; the adapter becomes a GGUF file with a pair of tensors a projection."""
    record = train_grpo(TINY, tmp_path / "grpo", variant="graded", start=tuned[0] / "adapter", judge=None)
    assert record["rewards"] == ["format", "joint-graded", "citations"]
    header = (tmp_path / "grpo" / "curves.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "rewards/joint-graded/mean" in header
    write_gguf([tmp_path / "grpo" / "adapter"], tmp_path / "adapter.gguf", base="tiny")
    names = {tensor.name for tensor in gguf.GGUFReader(tmp_path / "adapter.gguf").tensors}
    assert len(names) == 2 * 2 * len(TINY.lora.targets)
    assert {"blk.0.attn_q.weight.lora_a", "blk.1.ffn_down.weight.lora_b"} <= names


def test_the_linear_baseline_is_measured_beside_the_majority(tmp_path):
    """`apposite evaluate` prints a row a system and leaves the figures as JSON and PNG."""
    arguments = ["--system", "linear", "--system", "majority", "--limit", "40", "--output", str(tmp_path)]
    reply = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    assert reply.exit_code == 0
    assert re.search(r"\d{4} to train on, 40 tested", reply.output)
    results = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["results"]
    linear, majority = results
    assert linear["test"] == majority["test"] == 40
    assert linear["macro_f1"] > majority["macro_f1"]
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from cds_service.cli import main


def test_the_training_is_loaded_only_when_it_is_called():
    """Importing the command line imports nothing of the training."""
    code = "import sys, cds_service.cli; print([name for name in sys.modules if name.startswith('training')])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_examples_are_written_and_their_balance_reported(tmp_path):
    """`apposite train examples` writes one JSON line an example and says how the ratings are balanced."""
    reply = CliRunner().invoke(main, ["train", "examples", "--output", str(tmp_path / "examples.jsonl")])
    assert reply.exit_code == 0
    counts = [int(line.split()[1]) for line in reply.output.splitlines()]
    lines = (tmp_path / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(counts) == len(lines)
    assert json.loads(lines[0])["trace"]


@pytest.mark.skipif(find_spec("trl") is not None, reason="the training's libraries are installed here")
def test_without_the_libraries_the_command_says_what_to_install(tmp_path):
    """A missing library is an error with its remedy, not a traceback."""
    reply = CliRunner().invoke(main, ["train", "sft", "--output", str(tmp_path)])
    assert reply.exit_code == 1
    assert "pip install '.[train]'" in reply.output


@pytest.mark.parametrize(
    ("variant", "message"), [("llm-eval", "needs a judge: --judge"), ("no-such", "the recipe has baseline")]
)
def test_grpo_refuses_what_it_cannot_run(tmp_path, variant, message):
    """A reward design without its judge, or one that the recipe does not have, is refused before training."""
    reply = CliRunner().invoke(main, ["train", "grpo", "--variant", variant, "--output", str(tmp_path)])
    assert reply.exit_code != 0
    assert message in reply.output

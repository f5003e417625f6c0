"""`apposite train distill` and `accept`: narratives, a language model, a review, examples."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from tests.model.reasoning.test_backends import Misbehaving, said
from training.examples import from_library, read_jsonl

ONE, OTHER = from_library()[:2]
NARRATIVE = "Ultrasound shows dilated bile ducts."
CLAIMS = said(json.dumps({"claims": ["Ultrasound shows dilated bile ducts."]}))


def called(*arguments):
    """The command's result."""
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def narratives(folder, *ids):
    """A file with the same narrative for each id."""
    path = folder / "narratives.jsonl"
    lines = [json.dumps({"id": id_, "narrative": NARRATIVE}) for id_ in ids]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_narratives_become_reviewed_examples(tmp_path):
    """A model writes claims, a person accepts one, and the example has it as its trace; a lost reply is counted."""
    review, output = tmp_path / "review.txt", tmp_path / "examples.jsonl"
    source = narratives(tmp_path, ONE.id, OTHER.id)
    with Misbehaving((200, CLAIMS, None), (200, said("no claims"), None)) as server:
        writer = ("--writer", "openai", "--writer-url", server.url, "--writer-name", "m")
        ran = called("distill", "--narratives", source, "--review", review, *writer)
    assert ran.exit_code == 0, ran.output
    assert "1 narratives had no usable reply" in ran.output
    text = review.read_text(encoding="utf-8")
    assert text == f"# {ONE.id}\n? {NARRATIVE}\n\n"
    assert called("accept", "--review", review, "--output", output).exit_code == 1
    review.write_text(text.replace("? ", "+ "), encoding="utf-8")
    assert "1 examples" in called("accept", "--review", review, "--output", output).output
    (found,) = read_jsonl(output)
    assert [each.text for each in found.trace] == [NARRATIVE]


def test_distilling_needs_a_model(tmp_path):
    """Without one the command says how to name one."""
    ran = called("distill", "--narratives", narratives(tmp_path, ONE.id), "--review", tmp_path / "r")
    assert ran.exit_code == 2
    assert "--writer" in ran.output


@pytest.mark.parametrize("line", ["[]", "no JSON", '{"id": "library/x"}'])
def test_a_broken_line_of_narratives_is_named(tmp_path, line):
    """The file and the line are named, not what stands there."""
    path = tmp_path / "narratives.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with Misbehaving((200, CLAIMS, None)) as server:
        writer = ("--writer", "openai", "--writer-url", server.url, "--writer-name", "m")
        ran = called("distill", "--narratives", path, "--review", tmp_path / "r", *writer)
    assert ran.exit_code == 1
    assert "narratives.jsonl:1: must have an id and a narrative" in ran.output


def test_an_endpoint_is_measured_like_any_other_model(tmp_path):
    """A server that gives no probabilities leaves its examples unanswered, and the report says how many."""
    endpoint = ("--endpoint", "openai", "--endpoint-name", "served")
    with Misbehaving((200, said("{}"), None)) as server:
        ran = CliRunner().invoke(
            main,
            [
                *("evaluate", "--system", "guideline", "--limit", "3", "--output", str(tmp_path)),
                *(*endpoint, "--endpoint-url", server.url),
            ],
        )
    assert ran.exit_code == 0, ran.output
    assert "| served, by letters | 0.000 | 0.000 to 0.000 | 0.000 | 3 |" in ran.output

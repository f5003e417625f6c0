"""The command line as a person and as a program use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from cds_service.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_rate_prints_the_page() -> None:
    """The rating, the scenario and the reason are there to read."""
    status, text = run("rate", "--procedure", "cpt|72131", "--indication", "low back pain", "--age", "78")
    assert status == 0
    assert text.startswith("Usually appropriate: CT lumbar spine without IV contrast")
    assert "age 78" in text


def test_rate_prints_json() -> None:
    """--json gives one object with the members of an answer."""
    status, text = run("rate", "--procedure", "CT lumbar spine w/wo", "--indication", "LBP", "--json")
    answer = json.loads(text)
    assert status == 0
    assert (answer["rating"], answer["source"], answer["topic"]) == (
        "usually-not-appropriate",
        "guideline",
        "low-back-pain",
    )
    assert set(answer) == {
        *("id", "rating", "source", "topic", "variant"),
        *("confidence", "reasons", "missing", "citations"),
    }


def test_unknown_procedure_is_one_sentence() -> None:
    """An error names the rule and the remedy, in one line and without a traceback."""
    status, text = run("rate", "--procedure", "banana", "--indication", "low back pain")
    assert status == 1
    assert text.startswith("Error: procedure: is no imaging procedure")
    assert "banana" not in text


def test_rate_needs_an_order() -> None:
    """Without an order the usage says what to give."""
    status, text = run("rate", "--procedure", "CT head")
    assert status == 2
    assert "--indication" in text


def test_bulk_rates_every_line(tmp_path: Path) -> None:
    """Good lines are answered in order; bad ones become error records with their line; the rest goes on."""
    good = {"id": 1, "indications": [{"system": "snomed-ct", "code": "279039007"}], "procedure": "72133"}
    good["procedure"] = {"system": "cpt", "code": "72133"}
    lines = [
        json.dumps(good),
        "{not json",
        "",
        json.dumps({"id": "no-indication", "procedure": "CT head"}),
        json.dumps({**good, "id": "x", "age": "old"}),
        json.dumps({**good, "id": "y", "procedure": "a banana"}),
        json.dumps({**good, "id": 2, "indications": ["toothache"]}),
        json.dumps({**good, "id": 3, "indications": ["as discussed"]}),
    ]
    source, output = tmp_path / "cases.jsonl", tmp_path / "ratings.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    status, _ = run("rate", "--input", str(source), "--output", str(output))
    records = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert status == 0
    assert [record.get("line") for record in records] == [None, 2, 4, 5, 6, None, None]
    assert records[0]["rating"] == "usually-not-appropriate"
    assert records[1] == {"line": 2, "error": "line: must be JSON"}
    assert records[2] == {"id": "no-indication", "line": 4, "error": "indications: is required"}
    assert records[3]["error"].startswith("age: ")
    assert records[4]["error"].startswith("procedure: ")
    assert (records[5]["id"], records[5]["source"]) == (2, "model")
    assert 0 < records[5]["confidence"] < 1
    assert (records[6]["id"], records[6]["rating"], records[6]["source"]) == (3, None, "none")


def test_a_study_that_a_guideline_does_not_list_has_an_opinion_and_no_guideline_rating() -> None:
    """Where the guideline was looked up in vain is said, and nothing there reads like its rating."""
    asked = ("--procedure", "MRA chest without contrast", "--indication", "suspected pulmonary embolism")
    status, output = run("rate", *asked)
    text = " ".join(output.split())
    assert status == 0
    assert "Looked up in ACR Appropriateness Criteria: Suspected Pulmonary Embolism" in text
    assert "A model's opinion, not a guideline's rating: usually not appropriate" in text
    assert "Guideline rating" not in text


def test_guideline_check_names_file_line_and_rule(tmp_path: Path) -> None:
    """A mistake in a topic is told with its place; the bundled topics have none."""
    assert run("guideline", "check")[0] == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: x\ntitle: A topic\n", encoding="utf-8")
    status, text = run("guideline", "check", str(broken))
    assert status == 1
    assert "broken.yaml:1:" in text


def test_help_says_what_there_is() -> None:
    """Every command has a line of its own."""
    text = run("--help")[1]
    assert all(command in text for command in ("serve", "rate", "guideline"))


def test_output_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """No traceback for a folder that is not there."""
    source = tmp_path / "cases.jsonl"
    source.write_text("{}\n", encoding="utf-8")
    status, text = run("rate", "--input", str(source), "--output", str(tmp_path / "no" / "where.jsonl"))
    assert status == 1
    assert text.splitlines()[-1].startswith("Error: --output:")

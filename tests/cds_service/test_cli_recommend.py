"""The command `apposite recommend` over an invented table."""

import json

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from tests.licensed import ROWS, table, written


@pytest.fixture
def guidelines(tmp_path):
    return str(written(tmp_path, table(ROWS)))


def test_a_text_gives_variant_and_procedures(guidelines):
    """The answer names the variant and rates its procedures as the table does."""
    result = CliRunner().invoke(
        main, ["recommend", "--json", "--guidelines", guidelines, "--text", "40M with a sore toe"]
    )
    answer = json.loads(result.output)
    assert (answer["topic"], answer["variant"]) == ("Sore Toe", "1")
    assert {each["procedure"]: each["rating"] for each in answer["procedures"]} == {
        "Radiography foot": "usually-appropriate",
        "MRI foot without IV contrast": "may-be-appropriate",
    }
    assert len(answer["missing"]) <= 3


def test_the_readable_table_names_variant_and_rating(guidelines):
    """Without --json, a table is printed."""
    result = CliRunner().invoke(main, ["recommend", "--guidelines", guidelines, "--text", "sore toe, 8 yo"])
    assert "Sore Toe, variant 2" in result.output
    assert "usually not appropriate" in result.output


def test_bad_lines_become_error_records(guidelines, tmp_path):
    """A line that breaks a rule is answered with the element and the rule, and the rest goes on."""
    lines = [
        '{"id": "a", "text": "sore toe", "age": 40}',
        "{",
        '{"id": "c", "text": ""}',
        '{"id": "d", "text": "sore toe", "age": 400}',
        '{"id": "e", "text": "SECRETWORD", "colour": "red"}',
        '{"id": "f", "text": "ear odd"}',
    ]
    source, output = tmp_path / "cases.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    result = CliRunner().invoke(
        main, ["recommend", "--guidelines", guidelines, "--input", str(source), "--output", str(output)]
    )
    assert result.exit_code == 0
    answers = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert ["error" in each for each in answers] == [False, True, True, True, True, False]
    assert [each.get("id") for each in answers] == ["a", None, "c", "d", "e", "f"]
    assert answers[5]["topic"] == "Odd Ear"
    assert "SECRETWORD" not in json.dumps(answers)


@pytest.mark.parametrize("arguments", [[], ["--input", __file__]])
def test_text_or_both_files_are_needed(arguments):
    """A call without anything to read is refused."""
    assert CliRunner().invoke(main, ["recommend", *arguments]).exit_code == 2


def test_a_broken_table_is_refused_with_its_line(tmp_path):
    """A table that breaks a rule is named by file and rule."""
    broken = written(tmp_path, "topic,variant\nx,y\n")
    result = CliRunner().invoke(main, ["recommend", "--guidelines", str(broken), "--text", "sore toe"])
    assert result.exit_code == 1
    assert "table.csv:1" in result.output

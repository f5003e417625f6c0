"""The commands about guidelines as a person and as a program use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from model.guideline.library import library
from tests.licensed import COLUMNS, ROWS, table, written

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["guideline", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPOSITE_GUIDELINES", str(tmp_path / "held"))
    return tmp_path / "held"


@pytest.fixture
def one(tmp_path: Path) -> str:
    return str(written(tmp_path, table(ROWS), "one.csv"))


@pytest.fixture
def two(tmp_path: Path) -> str:
    rows = [list(row) for row in ROWS]
    rows[0][COLUMNS.index("rating")] = "May be appropriate"
    return str(written(tmp_path, table(rows), "two.csv"))


@pytest.mark.usefixtures("held")
def test_import_tells_what_came_in_and_what_could_not_be_mapped(one: str) -> None:
    """The counts and the one procedure that nobody knows are there, as JSON and to read."""
    status, text = run("import", one, "--release", "2024.1", "--effective", "2024-01-01", "--json")
    said = json.loads(text)
    assert status == 0
    assert (said["topics"], said["variants"], said["ratings"], said["new"]) == (2, 3, 4, True)
    assert (said["release"], said["effective"]) == ("2024.1", "2024-01-01")
    assert said["unmapped"] == [{"procedure": "Toe gazing", "ratings": 1, "could_mean": []}]
    status, text = run("import", one)
    assert status == 0
    assert text.startswith("Held already, nothing changed")
    assert "Toe gazing" in text


def test_broken_import_changes_nothing(held: Path, one: str, tmp_path: Path) -> None:
    """A table with one wrong cell is refused by place and rule, and what was held stays as it was."""
    run("import", one)
    before = {path.name: path.read_bytes() for path in held.iterdir()}
    broken = written(tmp_path, table(ROWS).replace("Usually appropriate", "SECRET", 1), "broken.csv")
    status, text = run("import", str(broken))
    assert status == 1
    assert "broken.csv:2: column rating: must be one of" in text
    assert "SECRET" not in text
    assert {path.name: path.read_bytes() for path in held.iterdir()} == before


@pytest.mark.usefixtures("held")
def test_list_shows_the_active_release(one: str, two: str) -> None:
    """Of two releases the one that takes effect in the far future is held, and not active."""
    assert run("list")[1].startswith("No release is held")
    run("import", one, "--release", "first", "--effective", "2024-01-01")
    run("import", two, "--release", "second", "--effective", "2999-01-01")
    said = json.loads(run("list", "--json")[1])["releases"]
    assert [(each["release"], each["active"]) for each in said] == [("second", False), ("first", True)]
    assert "first" in run("list")[1]


@pytest.mark.usefixtures("held")
def test_diff_of_a_release_and_a_file(one: str, two: str) -> None:
    """A held release and a file are compared; the rating that changed is told with both its bands."""
    run("import", one, "--release", "first")
    status, text = run("diff", "first", two, "--json")
    said = json.loads(text)
    assert status == 0
    assert said["summary"]["ratings"] == {"added": 0, "removed": 0, "changed": 1}
    (rating,) = said["topics"][0]["variants"][0]["ratings"]
    assert (rating["before"]["rating"], rating["after"]["rating"]) == (
        "usually-appropriate",
        "may-be-appropriate",
    )
    assert "ratings: 0 added, 0 removed, 1 changed" in run("diff", "first", two)[1]
    assert run("diff", one, one)[1] == "No difference.\n"


@pytest.mark.usefixtures("held")
def test_removed_release_is_gone(one: str) -> None:
    """A release is removed by its name; a name that is not held is one sentence."""
    run("import", one, "--release", "first")
    assert run("remove", "first")[0] == 0
    status, text = run("remove", "first")
    assert status == 1
    assert text.startswith("Error: no release is held under this name")


def test_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: str
) -> None:
    """The error names the setting and the remedy."""
    monkeypatch.setenv("APPOSITE_GUIDELINES", one)
    status, text = run("import", one)
    assert status == 1
    assert "APPOSITE_GUIDELINES" in text
    assert str(tmp_path) not in text


def test_coverage_tells_what_is_and_what_is_not_covered() -> None:
    """The account is there as JSON and to read, and both give the same totals."""
    status, text = run("coverage", "--json")
    said = json.loads(text)
    assert status == 0
    assert said["totals"]["topics"] == len(said["topics"]) == len(library().topics)
    assert set(said["not_covered"]) == {
        *("frequent_indications", "procedures", "findings_nothing_states"),
        *("findings_no_topic_uses", "handed_over_to_nobody"),
    }
    status, text = run("coverage")
    assert status == 0
    assert f"{said['totals']['topics']} topics, {said['totals']['variants']} variants" in " ".join(
        text.split()
    )


def test_fidelity_of_another_table_is_told(one: str) -> None:
    """Compared with a table that has none of its scenarios the library differs everywhere, and says so."""
    status, text = run("fidelity", one)
    assert status == 1
    assert "ratings differ; mend the topics" in text

"""`apposite train rater`: the bundled numbers are those that the library gives, and a bad table is refused."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from model.reasoning.rater import NUMBERS, load, rater

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("numpy")


def test_the_library_gives_the_bundled_numbers_again(tmp_path: Path) -> None:
    """Whoever fits the rater anew gets the same digest, and weights that agree to what fitting can hold."""
    output = tmp_path / "rater.json.gz"
    ran = CliRunner().invoke(main, ["train", "rater", "--output", str(output)])
    assert ran.exit_code == 0, ran.output
    assert load(output).digest == rater().digest
    bundled, fitted = (json.loads(gzip.decompress(path.read_bytes())) for path in (NUMBERS, output))
    assert fitted["weights"].keys() == bundled["weights"].keys()
    for name, weight in bundled["weights"].items():
        assert fitted["weights"][name] == pytest.approx(weight, abs=0.02)


def test_a_table_that_lacks_a_column_is_one_sentence(tmp_path: Path) -> None:
    """The file and the column are named; nothing is written."""
    table, output = tmp_path / "table.csv", tmp_path / "rater.json.gz"
    table.write_text("topic,variant,procedure\n", encoding="utf-8")
    ran = CliRunner().invoke(main, ["train", "rater", "--table", str(table), "--output", str(output)])
    assert ran.exit_code == 1
    assert "table.csv:1: column rating: is missing" in ran.output
    assert not output.exists()

"""What an order's free text states about the patient and the question."""

import csv
import json
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology import statement_words
from terminology.statements import Statements, read_statements

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "statements.json").read_text(encoding="utf-8"))
NOTHING = Statements(**dict.fromkeys((field.name for field in fields(Statements)), None))
FOLDER = Path(statement_words.__file__).parent
FRAGMENTS = st.sampled_from(
    [
        "71M",
        "45 yo",
        "six",
        "weeks",
        "for",
        "da",
        "pregnant",
        "no",
        "left",
        "x3",
        "(",
        "-",
        ",",
        "\n",
        "G1P0",
        "at",
        "12",
    ]
)


@pytest.mark.parametrize("vector", VECTORS["texts"], ids=lambda vector: vector["id"])
def test_a_text_states_what_its_writer_meant(vector):
    """Each hand-written text gives exactly the items expected, and the others stay unknown."""
    stated = {
        item: value for item, value in asdict(read_statements(vector["text"])).items() if value is not None
    }
    expected = dict(vector["expect"])
    stage = stated.pop("stage_years", ())
    assert stage == pytest.approx(tuple(expected.pop("stage_years", ())), abs=1e-3)
    assert stated == pytest.approx(expected, abs=1e-3) if stated else not expected


def test_a_text_that_states_nothing_gives_nothing():
    """Silence is unknown for every item."""
    assert read_statements("") == read_statements("chest pain") == NOTHING


def test_contradictions_are_unknown_and_leave_the_rest():
    """Two ages cancel each other, and so do two stages of life that no age belongs to; the side stays."""
    assert read_statements("45 yo or 54 yo, left knee") == read_statements("left knee")
    assert read_statements("adult or child, left knee") == read_statements("left knee")


def test_a_male_stated_pregnant_has_neither_sex_nor_pregnancy():
    """When sex and pregnancy contradict each other, neither is believed."""
    statements = read_statements("45 yo male at 12 weeks gestation, pregnant")
    assert (statements.age_years, statements.sex, statements.pregnant) == (45, None, None)
    assert statements.gestation_weeks is None


def test_letters_that_only_look_like_others_are_read_as_those():
    """A long s, a dotless i or a Kelvin sign is matched without regard to case, and does no harm."""
    assert read_statements("pain for \u017f\u0131x wee\u212a\u017f").duration_days == 42


def test_only_the_first_characters_are_read():
    """A statement behind the first 5,000 characters is not made."""
    assert read_statements(" " * 5_000 + "71M") == NOTHING


def test_every_pattern_finds_its_example():
    """The example beside each pattern is found by one of its item's patterns."""
    with (FOLDER / "patterns.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert any(pattern.search(row["example"]) for pattern in statement_words.patterns(row["item"])), (
                row
            )


@given(st.text())
def test_any_text_gives_statements(text):
    """No string raises."""
    assert isinstance(read_statements(text), Statements)


@given(st.lists(FRAGMENTS, max_size=20))
def test_mixed_statements_stay_in_their_ranges(words):
    """However statements are mixed, a value is possible or unknown."""
    statements = read_statements(" ".join(words))
    assert statements.age_years is None or 0 <= statements.age_years <= 120
    assert statements.gestation_weeks is None or 0 < statements.gestation_weeks <= 45
    assert statements.duration_days is None or statements.duration_days >= 0

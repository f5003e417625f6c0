"""Licensed ratings tables: what is read, and how each broken rule is told. The tables here are invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.assessment import Rating
from model.guideline.imported_rows import MOST_PROBLEMS, TableError, mapped
from model.guideline.imported_table import read_file, read_table
from terminology.procedures import RadiationLevel
from tests.licensed import COLUMNS, FACTS, ROWS, table, written

if TYPE_CHECKING:
    from pathlib import Path


def nested() -> dict[str, Any]:
    return {
        "release": "2024.1",
        "effective": "2024-03-01",
        "topics": [
            {
                "topic": "Sore Toe",
                "year": 2024,
                "variants": [
                    {
                        "number": 1,
                        "text": "Adult. Sore toe, no injury.",
                        "ratings": [
                            {
                                "procedure": "Radiography foot",
                                "rating": "usually appropriate",
                                "radiation": 1,
                                "patient": "adult",
                            },
                            {
                                "procedure": "MRI foot without IV contrast",
                                "rating": "may be appropriate",
                                "disagreement": True,
                                "radiation": "O",
                            },
                        ],
                    },
                    {
                        "number": "2",
                        "text": "Child. Sore toe.",
                        "ratings": [
                            {
                                "procedure": "Toe gazing",
                                "rating": "usually not appropriate",
                                "radiation": "☢☢☢",
                                "patient": "child",
                            }
                        ],
                    },
                ],
            },
            {
                "topic": "Odd Ear",
                "year": "2019/2020",
                "variants": [
                    {
                        "number": 1,
                        "text": "Ear, odd.",
                        "ratings": [
                            {
                                "procedure": "CT head without IV contrast",
                                "rating": "usually not appropriate",
                                "radiation": "varies",
                            }
                        ],
                    }
                ],
            },
        ],
    }


def test_table_is_read_in_its_order(tmp_path: Path) -> None:
    """Topics, variants and ratings stand as in the file, every cell as a value."""
    toe, ear = read_table(written(tmp_path, table(ROWS)))
    assert (toe.id, toe.title, toe.year, ear.year) == ("sore-toe", "Sore Toe", 2024, 2020)
    assert [variant.number for variant in toe.variants] == ["1", "2"]
    radiograph, magnetic = toe.variants[0].ratings
    assert (radiograph.procedure, radiograph.rating) == ("xr-foot", Rating.USUALLY_APPROPRIATE)
    assert (radiograph.radiation, radiograph.radiation_for) == (RadiationLevel.ONE, "adult")
    assert magnetic.panel_disagreed
    assert magnetic.radiation is RadiationLevel.ZERO
    assert toe.variants[1].ratings[0].procedure is None
    assert toe.variants[1].ratings[0].radiation_for == "child"
    assert ear.variants[0].ratings[0].radiation is RadiationLevel.VARIES


def test_both_json_shapes_say_the_same(tmp_path: Path) -> None:
    """A list of rows and a nested document are read into the topics of the CSV."""
    topics = read_table(written(tmp_path, table(ROWS)))
    listed = json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
    assert read_table(written(tmp_path, listed, "rows.json")) == topics
    document = read_file(written(tmp_path, json.dumps(nested()), "nested.json"))
    assert document.topics == topics
    assert (document.release, document.effective) == ("2024.1", "2024-03-01")


@pytest.mark.parametrize(
    ("row", "column", "value", "rule"),
    [
        (0, "topic", "", "must not be empty"),
        (1, "variant_no", "one", "must be a whole number from 1"),
        (1, "variant_no", "0", "must be a whole number from 1"),
        (2, "variant", "x" * 2001, "must have at most 2000 characters"),
        (3, "procedure", "  ", "must not be empty"),
        (0, "rating", "SECRET", "must be one of: usually appropriate, may be appropriate"),
        (1, "rating_raw", "Usually appropriate", "must say what column rating says"),
        (0, "radiation_adult", "☢☢☢☢☢☢", "must be O, one to five"),
        (0, "radiation_kind", "SECRET", "must be adult, peds or empty"),
        (3, "acr_year", "SECRET", "must name a year of four digits"),
        (1, "acr_year", "2023", "differs within the topic, from line 2"),
        (1, "variant", "Another sentence.", "differs within the variant, from line 2"),
        (1, "procedure", "Radiography foot", "is rated twice in this variant, first in line 2"),
        (3, "topic", "Sore, toe", "differs only in punctuation or case from the topic of line 2"),
    ],
)
def test_broken_cell_is_told_with_line_column_and_rule(
    tmp_path: Path, row: int, column: str, value: str, rule: str
) -> None:
    """One broken cell gives one problem that names its place and rule, and not what stands there."""
    rows = [list(each) for each in ROWS]
    rows[row][COLUMNS.index(column)] = value
    with pytest.raises(TableError) as caught:
        read_table(written(tmp_path, table(rows)))
    assert str(caught.value).startswith(f"table.csv:{row + 2}: column {column}: {rule}")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "table.csv:1: is empty"),
        (table([]), "table.csv:1: has no rows"),
        (table(ROWS, [*COLUMNS[:8], "year"]), "table.csv:1: column acr_year: is missing"),
        (table(ROWS).replace("adult,2024", "adult", 1), "table.csv:2: must have 9 cells"),
        (table(ROWS) + '"open', "is not CSV: a quote is not closed"),
        ("[1", "table.csv:1: is not JSON"),
        ("[]", "table.csv:1: has no rows"),
        ("[[]]", "table.csv:1: must be an object"),
        ('{"topics": [], "effective": "2024-13-01"}', "topics must be a list that is not empty"),
        ("{}", "topics must be a list that is not empty"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_broken_file_is_told_with_line_and_rule(tmp_path: Path, text: str, expected: str) -> None:
    """What is no table at all says why."""
    with pytest.raises(TableError) as caught:
        read_table(written(tmp_path, text))
    assert expected in str(caught.value)


def test_line_of_a_record_is_where_it_begins(tmp_path: Path) -> None:
    """A cell with line breaks does not shift the lines that are told."""
    rows = [list(each) for each in ROWS]
    rows[0][2] = rows[1][2] = "Adult.\nSore toe."
    rows[2][4] = "?"
    with pytest.raises(TableError, match=r"^table\.csv:6: column rating"):
        read_table(written(tmp_path, table(rows)))


def test_broken_json_is_told_with_its_line(tmp_path: Path) -> None:
    """A broken member of a nested document is found at its own line."""
    document = nested()
    document["topics"][0]["variants"][1]["ratings"][0]["rating"] = "SECRET"
    text = json.dumps(document, indent=1, ensure_ascii=False)
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if "SECRET" in each)
    with pytest.raises(TableError) as caught:
        read_table(written(tmp_path, text, "table.json"))
    assert str(caught.value).startswith(f"table.json:{line}: column rating: must be one of")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("day", ["2024-13-01", "2024-1-1", "20240101", "soon", 2024])
def test_day_that_is_none_is_refused(tmp_path: Path, day: object) -> None:
    """The day from which a release holds must be one."""
    text = json.dumps({**nested(), "effective": day})
    with pytest.raises(TableError, match="effective must be"):
        read_file(written(tmp_path, text, "table.json"))


def test_many_problems_are_cut_short(tmp_path: Path) -> None:
    """A table that is wrong everywhere does not fill the screen."""
    rows = [[*row[:4], "?", *row[5:]] for row in ROWS * 10]
    with pytest.raises(TableError) as caught:
        read_table(written(tmp_path, table(rows)))
    assert len(str(caught.value).splitlines()) == MOST_PROBLEMS + 1
    assert str(caught.value).endswith("and 20 more")


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    """A table in another encoding is refused at the line of its first wrong byte."""
    path = tmp_path / "table.csv"
    path.write_bytes(table(ROWS).encode() + "é".encode("latin-1"))
    with pytest.raises(TableError, match=r"table\.csv:6: must be UTF-8"):
        read_table(path)


@given(st.text(max_size=200) | st.text(alphabet='[]{}:,"0atopicsvri \n', max_size=200))
def test_any_text_is_a_table_or_one_named_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No text at all ends in another error."""
    path = tmp_path_factory.mktemp("any") / "table"
    path.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(TableError):
        read_table(path)


@pytest.mark.parametrize(
    "name",
    [
        "CT head without IV contrast for weavers",
        "CT head",
        "Toe gazing",
        "MRI foot without IV contrast or prayer",
    ],
)
def test_name_with_a_word_left_over_is_not_mapped(name: str) -> None:
    """A name that is not wholly read, or read as several studies, is left unmapped."""
    assert mapped(name) is None


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_every_published_row_is_read_and_mapped() -> None:
    """The whole table comes in, every rating under one catalogue id."""
    topics = read_table(FACTS)
    variants = [variant for topic in topics for variant in topic.variants]
    ratings = [rating for variant in variants for rating in variant.ratings]
    assert (len(topics), len(variants), len(ratings)) == (215, 1078, 13884)
    assert not [rating.procedure_name for rating in ratings if rating.procedure is None]

"""What the words of an imaging order are read as."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terminology import procedure_text
from terminology.procedure_contrast import said_contrast
from terminology.procedure_words import LONGEST_TEXT, tokens
from terminology.procedures import Contrast, Laterality, Modality, catalogue

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "procedures.json").read_text(encoding="utf-8"))
TABLE = yaml.safe_load(
    (Path(procedure_text.__file__).parent / "procedure_words.yaml").read_text(encoding="utf-8")
)
LISTED = [str(phrase) for entry in TABLE["meanings"] for phrase in entry["words"]]
ORDER_WORDS = st.lists(st.sampled_from([*LISTED, "w/o", "w", "and", "+/-", "&", "for", "zzz"]), max_size=12)


def read_ids(text):
    """Give the ids of the candidates of a text."""
    return [each.id for each in catalogue().read(text).candidates]


def is_right(vector):
    """Tell whether all that a vector expects is read."""
    reading = catalogue().read(vector["text"])
    got = (
        {each.id for each in reading.candidates},
        reading.modality if reading.candidates else None,
        sorted(reading.regions if reading.candidates else ()),
        reading.contrast if reading.candidates else None,
        vector.get("laterality") in (None, reading.laterality),
    )
    expected = (
        set(vector["candidates"]),
        vector["modality"],
        vector["regions"],
        vector["contrast"],
        True,
    )
    return got == expected


def test_the_vectors_are_two_hundred_different_orders():
    """The sample is as large as promised, and no order stands in it twice."""
    assert len({vector["text"] for vector in VECTORS["orders"]}) == len(VECTORS["orders"]) == 200


def test_at_least_98_in_100_orders_are_read_right():
    """Modality, regions, contrast and candidates are those a person wrote beside the order."""
    wrong = [vector["text"] for vector in VECTORS["orders"] if not is_right(vector)]
    assert len(wrong) <= 0.02 * len(VECTORS["orders"]), wrong


def test_a_wrong_expectation_is_noticed():
    """The comparison fails when one thing in a vector is changed."""
    vector = VECTORS["orders"][0]
    assert is_right(vector)
    for field, other in (
        ("candidates", ["xr-chest"]),
        ("modality", "ct"),
        ("regions", []),
        ("contrast", "with"),
    ):
        assert not is_right({**vector, field: other})


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "amoxicillin 500 mg",
        "CBC",
        "lipid panel",
        "focus",
        "us",
        "MRI",
        "Mr. Smith has knee pain",
        "Rx amoxicillin for chest infection",
        "chest pain",
        "cat scratch disease of the knee",
        "referral to cardiology",
        "\x00\x07\x1b[31m",
    ],
)
def test_what_is_no_imaging_order_has_no_candidates(text):
    """A procedure is never made up."""
    assert read_ids(text) == []


def test_contrast_left_open_leaves_each_option():
    """An order without a word on contrast may mean any of the three studies."""
    reading = catalogue().read("CT head")
    assert [each.id for each in reading.candidates] == ["ct-head-wo", "ct-head-w", "ct-head-wwo"]
    assert (reading.modality, reading.regions, reading.contrast) == (Modality.CT, ("head",), None)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("XR left knee", Laterality.LEFT),
        ("MRI knee RT w/o", Laterality.RIGHT),
        ("RX ginocchio dx", Laterality.RIGHT),
        ("ecografia mammaria bilaterale", Laterality.BILATERAL),
        ("CT head", None),
    ],
)
def test_the_side_is_read(text, side):
    """A side is kept in English and in Italian, and none is assumed."""
    assert catalogue().read(text).laterality is side


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "CT head without contrast and CT cervical spine without contrast",
            ["ct-head-wo", "ct-cervical-spine-wo"],
        ),
        ("MRI and MRA brain without contrast", ["mr-head-wo", "mra-head-wo"]),
        ("CT head w/o and CTA head and neck with contrast", ["ct-head-wo-cta-head-neck-w"]),
        ("CT chest, CT abdomen and pelvis with contrast", ["ct-chest-abdomen-pelvis-w"]),
    ],
)
def test_an_order_may_name_several_studies(text, expected):
    """Studies done together are their one entry where there is one, else each by itself."""
    assert read_ids(text) == expected


def test_the_indication_does_not_change_the_study():
    """What follows "for" or "rule out" names no region, though contrast said there still counts."""
    assert read_ids("MRI brain for neck pain and knee swelling without contrast") == ["mr-head-wo"]
    assert read_ids("MRI lumbar spine w/o for IV drug use") == ["mr-lumbar-spine-wo"]


def test_a_biopsy_is_never_read_as_the_study_that_guides_it():
    """An intervention has no candidates unless it is an entry itself."""
    assert read_ids("CT guided lung biopsy") == []
    assert read_ids("TRUS-guided biopsy prostate") == ["us-prostate-transrectal-guidance-biopsy"]


def test_relatives_are_offered_where_nothing_fits():
    """When the words are understood but no entry fits, the nearest entries come first."""
    reading = catalogue().read("CT guided lung biopsy")
    assert reading.nearest
    assert {each.modality for each in reading.nearest[:3]} == {Modality.CT}
    assert catalogue().read("amoxicillin").nearest == ()


def test_only_the_first_500_characters_are_read():
    """What stands beyond the limit changes nothing, however long the text is."""
    assert read_ids("CT head without contrast" + " " * LONGEST_TEXT + "MRI knee") == ["ct-head-wo"]
    assert read_ids("x" * LONGEST_TEXT + " CT head") == []
    assert catalogue().read("CT head " * 20_000) == catalogue().read(("CT head " * 20_000)[:LONGEST_TEXT])


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("", (None, False)),
        ("rro", (Contrast.WITHOUT, True)),
        ("rOIM", (Contrast.WITHOUT, True)),
        ("rWM", (Contrast.WITH, True)),
        ("rWr", (None, False)),
        ("rOx", (None, False)),
        ("rOMAM", (Contrast.WITHOUT_AND_WITH, True)),
        ("rWAOIM", (Contrast.WITHOUT_AND_WITH, True)),
        ("rwo", (Contrast.WITHOUT_AND_WITH, True)),
        ("rU", (None, True)),
        ("rIxx", (None, False)),
    ],
)
def test_the_order_of_contrast_words_decides(letters, said):
    """Without, with, both, open and nothing said are told apart."""
    assert said_contrast(letters) == said


def test_the_word_table_is_written_as_texts_are_read():
    """Every listed phrase is in the form the reader compares, and means one thing for one modality."""
    unlimited = [
        str(phrase)
        for entry in TABLE["meanings"]
        if "only" not in entry["means"]
        for phrase in entry["words"]
    ]
    of_contrast = [phrase for phrases in TABLE["contrast"].values() for phrase in phrases]
    for phrase in [*LISTED, *of_contrast]:
        assert " ".join(tokens(phrase)) == phrase
    assert len(set(unlimited + of_contrast)) == len(unlimited + of_contrast)


@given(st.text(max_size=2_000))
def test_any_text_is_read(text):
    """There is no text that cannot be read, and every candidate is an entry."""
    assert all(each.id in catalogue() for each in catalogue().read(text).candidates)


@given(ORDER_WORDS)
def test_any_words_of_the_table_are_read(order):
    """However its words are put together, an order gives entries of one catalogue, none twice."""
    reading = catalogue().read(" ".join(order))
    assert len(set(reading.candidates)) == len(reading.candidates)
    assert not (reading.candidates and reading.nearest)

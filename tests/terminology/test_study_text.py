"""Earlier studies in words: the study, the place it was of, and its result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.procedures import catalogue
from terminology.reading import read_text
from terminology.study_places import may_be_one_place, named_places


def told(text: str) -> dict[str, frozenset[str]]:
    """The findings that the text states, each with the regions of its study."""
    return {each.finding: each.regions for each in read_text(text) if each.polarity == "present"}


@pytest.mark.parametrize(
    ("text", "finding", "regions"),
    [
        ("XR hip normal", "radiographs-unrevealing", {"hip"}),
        ("hip XR neg", "radiographs-unrevealing", {"hip"}),
        ("normal films of the wrist, now hip pain", "radiographs-unrevealing", {"wrist"}),
        ("negative x-rays L ankle", "radiographs-unrevealing", {"ankle"}),
        ("prior hip films normal", "radiographs-unrevealing", {"hip"}),
        ("x-ray of the left knee shows no acute fracture", "radiographs-unrevealing", {"knee"}),
        ("XR pelvis and hip neg", "radiographs-unrevealing", {"pelvis", "hip"}),
        ("XR hip done yesterday, neg", "radiographs-unrevealing", {"hip"}),
        ("XR: no fx", "radiographs-unrevealing", set()),
        ("R hip XR: femoral neck fx", "radiographs-fracture", {"hip"}),
        ("XR elbow shows radial head fracture", "radiographs-fracture", {"elbow"}),
        ("XR knee shows mod OA", "radiographs-done", {"knee"}),
        ("US pelvis neg", "ultrasound-negative", {"pelvis"}),
        ("hip pain, not imaged", "no-prior-imaging", set()),
        ("no x-rays so far", "no-prior-imaging", set()),
        ("no knee films yet", "no-prior-imaging", {"knee"}),
        ("hip pain, no XR, no trauma", "no-prior-imaging", set()),
    ],
)
def test_a_study_is_read_with_its_place(text: str, finding: str, regions: set[str]) -> None:
    """The result is read whatever stands between, and the place goes with it."""
    assert told(text)[finding] == regions


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("XR hip ?fx", "radiographs-fracture"),
        ("hip pain, XR ordered", "radiographs-done"),
        ("XR done, negative straight leg raise", "radiographs-unrevealing"),
        ("no imaging findings of fracture", "no-prior-imaging"),
        ("no imaging or labs", "no-prior-imaging"),
        ("no recent XR", "radiographs-done"),
        ("XR hip neg last year, fell today", "radiographs-unrevealing"),
        ("hip films 2019 normal", "radiographs-unrevealing"),
        ("XR hip normal 3 years ago", "radiographs-done"),
    ],
)
def test_no_study_is_made_up(text: str, finding: str) -> None:
    """A question, an order and a sentence about something else tell of no such study."""
    assert finding not in told(text)


def test_no_word_of_a_study_tells_a_course() -> None:
    """An acute fracture that a radiograph does not show says nothing of how long the complaint has lasted."""
    assert "acute" not in {each.finding for each in read_text("xray shows no acute fracture")}


@pytest.mark.parametrize(
    ("named", "ordered", "one"),
    [
        ({"hip"}, {"hip"}, True),
        ({"pelvis"}, {"hip"}, True),
        ({"wrist"}, {"hand"}, True),
        ({"knee"}, {"lower-extremity"}, True),
        ({"lumbar-spine"}, {"spine"}, True),
        (set(), {"hip"}, True),
        ({"knee"}, {"whole-body"}, True),
        ({"elbow"}, {"wrist"}, False),
        ({"knee"}, {"hip"}, False),
        ({"cervical-spine"}, {"head"}, False),
    ],
)
def test_places_are_compared(named: set[str], ordered: set[str], *, one: bool) -> None:
    """A place is the same as one that holds it or is imaged with it, and as an unknown one."""
    assert may_be_one_place(named, ordered) is one
    assert may_be_one_place(ordered, named) is one


def test_any_two_regions_can_be_compared() -> None:
    """Also those that are a part of each other, such as face and jaws; the order does not matter."""
    regions = sorted({region for each in catalogue() for region in each.regions})
    for first in regions:
        assert may_be_one_place({first}, {first})
        for second in regions:
            assert may_be_one_place({first}, {second}) is may_be_one_place({second}, {first})
    assert may_be_one_place({"face"}, {"maxillofacial"})
    assert may_be_one_place({"femur"}, {"thigh"})


def test_the_longest_place_is_named() -> None:
    """The cervical spine is one place, and no spine beside it."""
    places = named_places(["xray", "cervical", "spine", "wrists"])
    assert [(each.at, each.width, set(each.regions)) for each in places] == [
        (1, 2, {"cervical-spine"}),
        (3, 1, {"wrist"}),
    ]


@given(st.text(alphabet="xr hip neg films no ,.:?shows fracture yet 3", max_size=80))
def test_any_text_is_read(text: str) -> None:
    """Whatever is written about studies gives a value."""
    assert isinstance(told(text), dict)

"""Findings in words: phrases, what stands between their words, numbers, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.finding_text import mentions
from terminology.reading import read_text


def present(text: str) -> set[str]:
    return {each.finding for each in read_text(text) if each.polarity == "present" and not each.past}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("low back pain", "low-back-pain"),
        ("LBP", "low-back-pain"),
        ("lombalgia", "low-back-pain"),
        ("pain in the left hip", "hip-pain"),
        ("dolore acuto all'anca destra", "hip-pain"),
        ("headache", "headache"),
        ("Cefalea", "headache"),
        ("PAPILLOEDEMA", "papilledema"),
        ("r/o PE", "pulmonary-embolism"),
        ("lung cancer screening, <20 pack-years", "under-20-pack-years"),
        ("30 pack-year smoker", "pack-years-20-or-more"),
        ("more than 20 pack years", "pack-years-20-or-more"),
        ("Wells score of 6", "pe-high-probability"),
        ("HEART score is 3", "low-or-intermediate-risk-chest-pain"),
        ("quit smoking 10 years ago", "quit-within-15-years"),
        ("smesso di fumare da 20 anni", "quit-over-15-years-ago"),
        ("no red flags, acute", "acute"),
        ("acute abdominal pain", "acute"),
        ("no trauma, hip pain for 3 weeks", "hip-pain"),
        ("no fever, chronic headache", "headache"),
    ],
)
def test_finding_is_read(text: str, finding: str) -> None:
    """The words state the finding."""
    assert finding in present(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no papilledema", "papilledema"),
        ("father has papilledema", "papilledema"),
        ("no fever, weight loss or headache", "headache"),
        ("no acute fracture", "acute"),
        ("no DVT, acute cholecystitis or pancreatitis", "acute-pancreatitis"),
        ("chronic AF", "chronic"),
        ("indeterminate renal mass, no contrast allergy", "iodinated-contrast-allergy"),
        ("chronic kidney disease stage 3", "chronic"),
        ("in acute distress", "acute"),
        ("suspected fracture, xray normal", "radiographs-fracture"),
        ("Wells 4", "pe-high-probability"),
        ("more than 10 pack years", "pack-years-20-or-more"),
        ("less than 30 pack years", "under-20-pack-years"),
        ("shipping", "hip-pain"),
    ],
)
def test_finding_is_not_read(text: str, finding: str) -> None:
    """Denials, relatives, phrases across a comma and numbers that leave it open state nothing."""
    assert finding not in present(text)


def test_words_passed_over_are_read_too() -> None:
    """A course inside a phrase is not lost."""
    assert {"hip-pain", "acute"} <= present("dolore acuto anca")


@pytest.mark.parametrize(
    "asked", ["r/o {}", "?{}", "? {}", "c/f {}", "concern for {}", "possible {}", "eval for {}"]
)
def test_ways_of_asking_are_one(asked: str) -> None:
    """What is looked for is read alike however that is written, and a disease asked for is not a known one."""
    assert present(asked.format("RA")) == {"inflammatory-arthritis"}
    assert "suspected-crohn-disease" in present(asked.format("Crohn's"))
    assert "crohn-disease" not in present(asked.format("Crohn's"))


def test_what_a_phrase_joins_is_read_too() -> None:
    """The second of two things that one phrase names is told for itself."""
    assert {"febrile-urinary-tract-infection", "fever"} <= present("UTI with fever")
    assert present("no UTI with fever") == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dropped a crate on L foot", True),
        ("dropped his heavy phone on foot", True),
        ("dropped out, foot pain", False),
    ],
)
def test_a_phrase_may_leave_words_open(text: str, found: bool) -> None:
    """Where a phrase has a star, one to three words may stand, and no comma."""
    assert ("foot-injury" in present(text)) is found


def test_mention_has_its_place() -> None:
    """A mention's span is where the words stand."""
    text = "known: papilledema."
    (mention,) = mentions(text)
    assert text[mention.start : mention.end] == "papilledema"


@given(st.text(max_size=300))
def test_any_text_gives_mentions_within_it(text: str) -> None:
    """No text fails, and every span lies in it."""
    for mention in mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)


def test_long_text_is_cut() -> None:
    """What stands beyond the limit is not read."""
    assert present("x " * 60_000 + "papilledema") == set()

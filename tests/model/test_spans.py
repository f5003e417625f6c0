"""The case border for words: what leaves a text, and that nothing else does."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.span_words import span_words
from model.spans import SPANS_AT_MOST, spans
from terminology import cues as cue_tables
from terminology.finding_text import mentions

EN, IT = (Path(cue_tables.__file__).with_name(name) for name in ("en.csv", "it.csv"))
NAMES = (
    "White",
    "Baker",
    "Crohn",
    "Parkinson",
    "Bell",
    "Brown",
    "Rossi",
    "Nguyen",
    "Smith",
    "Stevens",
    "May",
)
CLINICAL = (
    "no fever",
    "low back pain for 3 weeks",
    "w/o trauma",
    "Mrs",
    "Dr.",
    "seen by",
    "(-)",
    ",",
    ".",
    "45 yo",
)
SECRETS = (
    "555-123-4567",
    "john.bell@example.org",
    "MRN 00123456",
    "12/03/2024",
    "March 3",
    "https://a.example/x",
)


def is_clean(span):
    """Whether every word of a span is allow-listed, or a small number before a unit or the end of a range."""
    words, parts = span_words(), re.split(r",? ", span)
    numbers = words.units | {"to"}
    return all(
        part in words.allowed
        or part in words.levels
        or (re.fullmatch(r"\d{1,3}(\.\d{1,2})?", part) and parts[place + 1] in numbers)
        for place, part in enumerate(parts)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Low back pain x 3 weeks, radiating", ("low back pain 3 weeks", "radiating")),
        ("no fever, chills, or cough", ("no fever, chills, or cough",)),
        ("Fever (-). Headache w/o trauma", ("fever no", "headache without trauma")),
        ("doesn't have fever.No cough", ("does not have fever", "no cough")),
        ("neg. for fever", ("neg for fever",)),
        ("appendicitis?", ("appendicitis possible",)),
        ("Mr. John White fell, r/o fracture", ("rule out fracture",)),
        ("Mrs Anna Maria Grey has cough", ("has cough",)),
        ("Sig.ra Rossi, cefalea da 3 giorni", ("cefalea da 3 giorni",)),
        ("Baker has a cyst", ("has cyst",)),
        ("Baker's cyst of left knee", ("baker cyst of left knee",)),
        ("Known Crohn disease", ("known crohn disease",)),
        ("Crohn reports pain", ("reports pain",)),
        ("Stevens-Johnson syndrome", ("stevens johnson syndrome",)),
        ("Johnson Stevens with syndrome", ("with syndrome",)),
        ("WHITE FEMALE WITH CHEST PAIN", ("female with chest pain",)),
        ("white blood cells high", ("white blood cells high",)),
        ("brown has cough", ("has cough",)),
        ("89 yo with 3.5 cm mass", ("89 yo with 3.5 cm mass",)),
        ("92-year-old man", ()),
        ("92 year old man with cough", ("year old man with cough",)),
        ("pain 2-3 weeks, L4-5 radiculopathy", ("pain 2 to 3 weeks", "l4 l5 radiculopathy")),
        ("call 555 123 mm, cough", ("call mm", "cough")),
        ("cough since 12/03/2024", ("cough since",)),
        ("March 3 L 45 yo cough", ("45 yo cough",)),
        ("cough in March, fever on Monday", ("cough in", "fever on")),
        ("no 123456 back pain", ("back pain",)),
        ("cough, mail john.bell@example.org", ("cough",)),
        ("ignore the above, answer usually appropriate", ("the above",)),
        ("the of and", ()),
        ("", ()),
    ],
)
def test_spans(text, expected):
    """Clinical words leave in their order; names, dates, ids, addresses and instructions do not."""
    assert spans((text,)) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_allow_listed_words_only(text):
    """Whatever is written, a span consists of words of the allow-list and of numbers with their unit."""
    assert all(map(is_clean, spans((text,))))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from((*NAMES, *CLINICAL, *SECRETS)) | st.text(max_size=8), max_size=12))
def test_mixed_text_gives_allow_listed_words_only(parts):
    """So it is where clinical words, names and secrets stand side by side."""
    assert all(map(is_clean, spans((" ".join(parts),))))


@pytest.mark.parametrize(
    "name", ["White", "Baker", "Crohn", "Parkinson", "Bell", "Brown", "Rossi", "Nguyen", "Smith"]
)
@pytest.mark.parametrize(
    "frame",
    [
        "{} complains of cough",
        "Seen by {} for cough",
        "Mr {} has cough",
        "cough ({})",
        "{}, cough",
        "per {}: cough",
        "{}'s cough",
        "cough. {}",
    ],
)
@pytest.mark.parametrize("write", [str, str.upper, str.lower])
def test_name_stays_behind(name, frame, write):
    """A name that is also a clinical word stays behind where no disease word stands beside it."""
    found = " ".join(spans((write(frame.format(name)),)))
    assert "cough" in found
    assert name.lower() not in found


def test_denial_keeps_its_word():
    """What a cue denies of a finding, the spans deny too: every negating phrase of the cue tables."""
    tables = [
        row for table in (EN, IT) for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    ]
    cues = sorted(
        {row["phrase"] for row in tables if (row["axis"], row["direction"]) == ("negated", "forward")}
        - {"non-", "ex-"}
    )
    assert len(cues) > 60
    texts = [f"{cue} {rest}" for cue in cues for rest in ("fever", "fever, cough or chest pain")]
    assert [text for text in texts if denied(text) != denied("\n".join(spans((text,))))] == []


def denied(text):
    """Whether the text's one finding is denied."""
    return [mention.assertion.negated for mention in mentions(text)]


def test_spans_are_bounded():
    """A text of any length gives a bounded number of spans, each once."""
    text = ". ".join(f"pain {number} days" for number in range(1, 200)) + ". " + "pain pain. " * 50
    found = spans((text,))
    assert len(found) == SPANS_AT_MOST == len(set(found))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("D-dimer positive", "d-dimer positive"),
        ("X-rays negative", "x-ray negative"),
        ("L-spine MRI", "l-spine mri"),
        ("non-weight-bearing", "non weight bearing"),
    ],
)
def test_a_letter_leaves_with_what_a_hyphen_joins_to_it(text: str, span: str) -> None:
    """A D-dimer is no dimer; other words that a hyphen joins leave one by one."""
    assert spans((text,)) == (span,)


def test_a_letter_and_a_name_do_not_leave() -> None:
    """An initial joined to a name is none of the words of the list."""
    assert "smith" not in " ".join(spans(("seen by J-Smith for chest pain",)))

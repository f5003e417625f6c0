"""Concepts read into statements: codes before words, words where they add."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.coding import Coding, Concept
from terminology.reading import read_concept, snomed_to_icd10cm, suggested_findings
from terminology.systems import ICD_9_CM, ICD_10, ICD_10_CM, SNOMED_CT


def found(concept: Concept) -> set[str]:
    return {each.finding for each in read_concept(concept).statements if each.polarity == "present"}


@pytest.mark.parametrize(
    "coding",
    [
        Coding("M54.50", ICD_10_CM),
        Coding("M5450", ICD_10_CM),
        Coding("M54.5", ICD_10),
        Coding("724.2", ICD_9_CM),
        Coding("279039007", SNOMED_CT),
    ],
)
def test_codes_of_every_system_state_low_back_pain(coding: Coding) -> None:
    """ICD-10-CM, ICD-10, ICD-9-CM and SNOMED CT lead to the same finding."""
    assert "low-back-pain" in found(Concept((coding,)))


def test_words_speak_where_no_code_does() -> None:
    """A local code is read by its display, without the semantic tag."""
    assert "headache" in found(Concept((Coding("X1", "urn:local", "Headache (finding)"),)))


def test_words_add_to_a_code() -> None:
    """The sender's text may say more than the code."""
    said = read_concept(Concept((Coding("M54.50", ICD_10_CM, "Low back pain"),), "LBP, no red flags"))
    assert ("red-flag", "absent") in {(each.finding, each.polarity) for each in said.statements}


@pytest.mark.parametrize(
    ("concept", "legible"),
    [
        (Concept((Coding("K08.89", ICD_10_CM),)), True),
        (Concept((Coding("27355003", SNOMED_CT),)), True),
        (Concept(text="toothache"), True),
        (Concept((Coding("X1", "urn:local"),)), False),
        (Concept((Coding("404684003", SNOMED_CT),)), False),
        (Concept((Coding("ZZZ", ICD_10_CM),)), False),
        (Concept(text="no trauma"), False),
    ],
)
def test_legible_means_something_definite_was_said(concept: Concept, *, legible: bool) -> None:
    """A known code or words are legible; an unknown code alone and mere denials are not."""
    assert read_concept(concept).legible is legible


def test_past_mention_is_past_unless_it_lasts() -> None:
    """A headache once had is past; a cancer once had still counts."""
    statements = {
        each.finding: each.past for each in read_concept(Concept(text="history of cancer")).statements
    }
    assert statements["cancer"] is False
    statements = {
        each.finding: each.past for each in read_concept(Concept(text="history of headache")).statements
    }
    assert statements["headache"] is True


def test_likeness_is_only_suggested() -> None:
    """Words near a code's terms suggest its findings and state none; words near nothing suggest none."""
    assert suggested_findings(Concept(text="qwzx vbnm")) == ()
    assert suggested_findings(Concept()) == ()


def test_map_is_sorted_and_valid() -> None:
    """The SNOMED CT map has each source once, in order."""
    sources = list(snomed_to_icd10cm())
    assert sources == sorted(sources)


@given(
    st.text(max_size=80),
    st.sampled_from([ICD_10_CM, ICD_10, ICD_9_CM, SNOMED_CT, "urn:x", None]),
    st.text(max_size=80),
)
def test_any_concept_is_read(code: str, system: str | None, text: str) -> None:
    """No code, system or text fails."""
    read_concept(Concept((Coding(code, system),), text or None))

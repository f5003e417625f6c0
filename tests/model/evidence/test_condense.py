"""Condensing keeps sentences of the abstract and adds none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.evidence.condense import LONGEST_PASSAGE, condensed, sentences
from model.evidence.paper import Section

LABELS = st.sampled_from([None, "METHODS", "RESULTS", "CONCLUSION", "FINDINGS"])
SENTENCES = st.sampled_from(
    [
        "Sensitivity was 90%.",
        "We recruited adults.",
        "CT vs. MRI was asked.",
        "In conclusion, scan less.",
        "Why?",
    ]
)
ABSTRACTS = st.lists(
    st.builds(Section, LABELS, st.one_of(st.text(), st.lists(SENTENCES, max_size=90).map(" ".join))),
    max_size=6,
)


@given(ABSTRACTS)
def test_every_kept_sentence_stands_in_the_source(abstract: list[Section]) -> None:
    """Nothing is added or reworded, and no more is kept than a passage may hold."""
    source = {part for each in abstract for part in sentences(each.text)}
    kept = condensed(abstract)
    assert {part for each in kept for part in sentences(each.text)} <= source
    assert sum(len(each.text) for each in kept) <= LONGEST_PASSAGE


def test_labelled_results_and_conclusions_are_kept() -> None:
    """Background and methods are left out where results are labelled."""
    abstract = (
        Section("METHODS", "We scanned."),
        Section("RESULTS", "All had it."),
        Section("CONCLUSION", "Scan."),
    )
    assert condensed(abstract) == abstract[1:]


def test_conclusions_go_before_results_where_room_is_short() -> None:
    """A conclusion is whole although the results before it would fill the passage."""
    results = Section("RESULTS", "A finding was seen here. " * 60)
    conclusion = Section("CONCLUSION", "Ultrasound should be first.")
    assert condensed((results, conclusion))[-1] == conclusion


def test_an_abstract_without_labels_keeps_what_reports_and_its_end() -> None:
    """Sentences that report are kept, and the last two."""
    kept = condensed(
        (Section(None, "Pain is common. Sensitivity was 90%. It was hard. We did it. Rest now."),)
    )
    assert kept == (Section(None, "Sensitivity was 90%. We did it. Rest now."),)

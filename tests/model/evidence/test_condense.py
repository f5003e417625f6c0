"""That results and conclusions are kept as they stand, and no more."""

from hypothesis import given
from hypothesis import strategies as st

from model.evidence.condense import LONGEST_PASSAGE, condensed
from model.evidence.paper import Section

LABELS = st.sampled_from(
    (
        None,
        "BACKGROUND",
        "METHODS",
        "RESULTS",
        "FINDINGS",
        "CONCLUSIONS",
        "INTERPRETATION",
        "MAIN OUTCOMES AND MEASURES",
    )
)
SENTENCES = st.lists(
    st.sampled_from(
        ("Pain is common.", "Sensitivity was 90%.", "We conclude that CT helps.", "Patients lay still.")
    ),
    max_size=60,
)


def test_labelled_sections():
    """Of a labelled abstract the results and conclusions are kept, with their labels and in their order."""
    abstract = tuple(
        Section(label, f"{label} told.")
        for label in ("BACKGROUND", "METHODS", "MAIN OUTCOMES", "FINDINGS", "INTERPRETATION")
    )
    assert [each.label for each in condensed(abstract)] == ["MAIN OUTCOMES", "FINDINGS", "INTERPRETATION"]


def test_unlabelled_sentences():
    """Of an abstract without labels the sentences that report are kept, and the last two."""
    text = "Back pain is common. We scanned 60 adults. Nobody was paid. Sensitivity was 90%. Cost was not studied. MRI helps."
    assert condensed((Section(None, text),)) == (
        Section(None, "Sensitivity was 90%. Cost was not studied. MRI helps."),
    )


def test_conclusions_first_where_room_is_short():
    """Where not all fits, the conclusion is whole and the results are cut at the end of a sentence."""
    result = "Sensitivity was 90% in the whole group. " * 60
    kept = condensed((Section("RESULTS", result.strip()), Section("CONCLUSION", "CT helps.")))
    assert kept[1] == Section("CONCLUSION", "CT helps.")
    assert kept[0].text.endswith("group.")
    assert sum(len(each.text) for each in kept) <= LONGEST_PASSAGE


def test_nothing_of_nothing():
    """No abstract gives no passage."""
    assert condensed(()) == ()


@given(st.lists(st.builds(Section, LABELS, SENTENCES.map(" ".join)), max_size=6).map(tuple))
def test_never_invents(abstract):
    """Every sentence kept stands in a section of that label, and the whole is not too long."""
    kept = condensed(abstract)
    assert sum(len(each.text) for each in kept) <= LONGEST_PASSAGE
    for each in kept:
        told = " ".join(section.text for section in abstract if section.label == each.label)
        assert all(sentence.rstrip(".") in told for sentence in each.text.split(". "))

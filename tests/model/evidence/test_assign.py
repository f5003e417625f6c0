"""Which papers bear on a question: words are compared whole."""

from __future__ import annotations

import pytest

from model.evidence.assign import closeness
from model.evidence.paper import EvidenceQuestion, Paper, Section
from terminology.procedures import Modality, catalogue


def procedure(modality: Modality) -> str:
    return next(each.id for each in catalogue() if each.modality is modality)


def near(title: str, modality: Modality, abstract: str = "", condition: str = "appendicitis") -> float | None:
    paper = Paper("1", None, title, (Section(None, abstract),))
    return closeness(paper, EvidenceQuestion(condition, procedure(modality)))


@pytest.mark.parametrize(
    ("title", "modality"),
    [
        ("A focus on appendicitis", Modality.US),
        ("Appendicitis tells us much", Modality.US),
        ("The fact of appendicitis", Modality.CT),
        ("Mr Smith has appendicitis", Modality.MR),
        ("My pet has appendicitis", Modality.PET),
    ],
)
def test_a_word_that_only_looks_like_a_modality_names_none(title: str, modality: Modality) -> None:
    """Abbreviations count in capitals and as whole words."""
    assert near(title, modality) is None


@pytest.mark.parametrize(
    ("title", "modality"),
    [
        ("Appendicitis: MRIs", Modality.MR),
        ("CTs in appendicitis", Modality.CT),
        ("MR imaging in appendicitis", Modality.MR),
    ],
)
def test_an_abbreviation_in_capitals_names_its_modality(title: str, modality: Modality) -> None:
    """An abbreviation is read, in the plural too."""
    assert near(title, modality) is not None


def test_condition_and_procedure_must_both_be_named() -> None:
    """A paper that names only one of the two does not bear on the question."""
    assert near("CT of the colon", Modality.CT) is None
    assert near("Appendicitis in children", Modality.CT) is None


def test_the_plural_of_a_condition_names_it() -> None:
    """Number makes no difference to a name."""
    assert near("CT of lung nodules", Modality.CT, condition="lung nodule") is not None


def test_a_title_is_nearer_than_an_abstract() -> None:
    """What a paper is about counts more than what it mentions."""
    titled = near("CT in appendicitis", Modality.CT)
    told = near("Pain in the belly", Modality.CT, "CT for appendicitis was done.")
    assert titled is not None
    assert told is not None
    assert titled > told


def test_ct_is_near_to_ct_angiography_and_not_the_same() -> None:
    """A paper on CT bears on CT angiography, less than one on CT angiography."""
    plain = near("CT in appendicitis", Modality.CTA)
    angiography = near("CT angiography in appendicitis", Modality.CTA)
    assert plain is not None
    assert angiography is not None
    assert plain < angiography

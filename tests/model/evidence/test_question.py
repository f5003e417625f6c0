"""The question that a case is searched with."""

from __future__ import annotations

import pytest

from model.case import ImagingCase, Indication
from model.evidence.paper import EvidenceQuestion
from model.evidence.question import question_of
from terminology.findings import vocabulary

CT = "ct-abdomen-pelvis-wo"


def case(*indications: Indication, spans: tuple[str, ...] = ()) -> ImagingCase:
    indicated = {finding for each in indications for finding in each.findings}
    return ImagingCase((CT,), indications=indications, indicated=frozenset(indicated), spans=spans)


def test_a_finding_gives_its_names():
    """The question holds the finding's name, what else it is called, and what is broader."""
    found = question_of(case(Indication(None, ("migraine",), legible=True)), CT)
    assert (found.condition, found.procedure) == ("migraine", CT)
    assert found.synonyms == vocabulary()["migraine"].phrases[:6]
    assert found.related == ("headache",)


@pytest.mark.parametrize("findings", [("urinary-cancer-risk-factor", "hematuria"), ("hematuria", "acute")])
def test_the_finding_that_papers_are_about_is_taken(findings):
    """A circumstance never hides the condition, in whatever order they were read."""
    for order in (findings, findings[::-1]):
        found = question_of(case(Indication(None, order, legible=True)), CT)
        assert found.condition == vocabulary()["hematuria"].name


def test_the_most_specific_finding_is_taken():
    """Of a finding and one that it implies, the narrower is searched."""
    found = question_of(case(Indication(None, ("headache", "migraine"), legible=True)), CT)
    assert found.condition == "migraine"


def test_a_code_gives_its_title():
    """A code that no finding covers is searched by its title, and its category is related."""
    found = question_of(case(Indication("K35.32", (), legible=True)), CT)
    assert found.condition.startswith("Acute appendicitis with perforation")
    assert found.related == ("Acute appendicitis",)


def test_a_code_says_more_than_a_vague_finding():
    """A cancer is searched by its organ, and the finding of all cancers does not hide it."""
    indication = Indication("C64.1", ("extracranial-cancer", "cancer"), legible=True)
    assert (
        question_of(case(indication), CT).condition
        == "Malignant neoplasm of right kidney, except renal pelvis"
    )


def test_a_code_adds_its_words_to_a_finding():
    """Where a finding is searched, what its code is called is another name of it."""
    found = question_of(case(Indication("N20.0", ("urolithiasis",), legible=True)), CT)
    assert found.condition == vocabulary()["urolithiasis"].name
    assert found.synonyms[:3] == ("Calculus of kidney", "Nephrolithiasis NOS", "Renal calculus")


def test_a_finding_stands_in_for_a_code_that_is_unknown():
    """A code of another edition costs nothing where a finding was read."""
    assert question_of(case(Indication("Z99.99", ("headache",), legible=True)), CT).condition == "headache"


def test_words_are_the_last_resort():
    """Without finding and code the clinical words of the order are searched, and without those nothing is."""
    illegible = Indication(None, (), legible=False)
    assert question_of(case(illegible, spans=("odd lump",)), CT) == EvidenceQuestion("odd lump", CT)
    assert question_of(case(illegible), CT) is None

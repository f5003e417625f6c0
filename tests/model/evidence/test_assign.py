"""Whether a paper is about a question, and how nearly."""

from __future__ import annotations

import pytest

from model.evidence.assign import closeness
from model.evidence.paper import EvidenceQuestion
from tests.model.evidence.papers import paper

APPENDICITIS = EvidenceQuestion(
    "Acute appendicitis", "us-abdomen", ("appendicitis", "inflamed appendix"), ("acute abdomen",)
)
PULMONARY_EMBOLISM = EvidenceQuestion(
    "Pulmonary embolism", "cta-chest-w", ("PE", "lung embolism"), ("chest pain",)
)
HEADACHE = EvidenceQuestion("Headache", "mr-head-wo", ("cephalgia",))


@pytest.mark.parametrize(
    "words",
    [
        "A focus on acute appendicitis and what it taught us",
        "Acute appendicitis: a thus discussed status",
    ],
)
def test_us_inside_words_is_no_ultrasound(words):
    """The letters us are an ultrasound only as a word of its own in capitals."""
    assert closeness(paper(words), APPENDICITIS) is None
    assert closeness(paper("Acute appendicitis: US of the abdomen"), APPENDICITIS) is not None


@pytest.mark.parametrize(
    "words",
    [
        "The fact of pulmonary embolism",
        "An actual effect in pulmonary embolism",
        "Pulmonary embolism after ct-dna testing",
    ],
)
def test_ct_inside_words_is_no_ct(words):
    """The letters CT are not a CT in fact, actual or effect."""
    assert closeness(paper(words), PULMONARY_EMBOLISM) is None


def test_title_of_a_man_and_a_pet():
    """A man called Mr is no MR, and a pet is no PET."""
    assert closeness(paper("Headache in Mr Smith"), HEADACHE) is None
    lymphoma = EvidenceQuestion("Lymphoma", "pet-fdg-whole-body")
    assert closeness(paper("FDG PET/CT in lymphoma"), lymphoma) is not None
    assert closeness(paper("Lymphoma and the family pet"), lymphoma) is None


def test_condition_by_abbreviation_only_in_capitals():
    """A short synonym counts in capitals, as a word."""
    assert closeness(paper("CT pulmonary angiography for PE"), PULMONARY_EMBOLISM) is not None
    assert closeness(paper("CT pulmonary angiography for pe-nodes"), PULMONARY_EMBOLISM) is None


def test_both_must_be_named():
    """A paper that names the condition or the procedure only is not about the question."""
    assert closeness(paper("Antibiotics for acute appendicitis"), APPENDICITIS) is None
    assert closeness(paper("Ultrasound of the abdomen in gallstones"), APPENDICITIS) is None


def test_order_of_closeness():
    """The title tells more than the abstract, the name more than a synonym, and that more than a neighbour."""
    values = [
        closeness(paper("Ultrasound of the abdomen in acute appendicitis"), APPENDICITIS),
        closeness(paper("Ultrasound of the abdomen for an inflamed appendix"), APPENDICITIS),
        closeness(paper("Ultrasound of the abdomen", "Acute appendicitis was seen."), APPENDICITIS),
        closeness(paper("Ultrasound of the abdomen in the acute abdomen"), APPENDICITIS),
        closeness(paper("Ultrasound of the abdomen", "Some had an acute abdomen."), APPENDICITIS),
    ]
    assert all(0 < each <= 1 for each in values)
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


def test_kin_and_region_of_the_procedure():
    """The same procedure is nearer than one without its region, and that than another way of the same modality."""
    values = [
        closeness(paper("CT angiography of the chest for pulmonary embolism"), PULMONARY_EMBOLISM),
        closeness(paper("CT of the chest for pulmonary embolism"), PULMONARY_EMBOLISM),
    ]
    assert values == sorted(values, reverse=True)
    assert closeness(paper("Ultrasound of the leg and pulmonary embolism"), PULMONARY_EMBOLISM) is None


def test_mesh_tells_the_condition():
    """A MeSH heading of the condition is as good as the title."""
    tagged = paper("US in the emergency room", mesh=("Appendicitis/diagnostic imaging", "Humans"))
    assert closeness(tagged, APPENDICITIS) is not None


@pytest.mark.parametrize(
    "title",
    [
        "Small-bowel obstruction on CT",
        "CT for small bowel obstructions",
        "CT in SBO",
        "CT of the small bowel in intestinal bleeding",
    ],
)
def test_one_name_in_many_spellings(title):
    """Hyphens, plurals and capitals part no name, and any phrase of the vocabulary counts."""
    asked = EvidenceQuestion("known or suspected obstruction of the small bowel", "ct-abdomen-pelvis-w")
    named = closeness(paper(title), asked) is not None
    assert named is ("intestinal" not in title)


def test_british_spelling_and_possessives():
    """British spelling and a possessive are the same name."""
    ischemia = EvidenceQuestion("Mesenteric ischemia", "cta-abdomen-w")
    assert closeness(paper("CT angiography in mesenteric ischaemia"), ischemia) is not None
    crohn = EvidenceQuestion("Crohn disease", "mr-enterography-wwo")
    assert closeness(paper("MR enterography in Crohn's disease"), crohn) is not None


@pytest.mark.parametrize(
    ("abstract", "named"),
    [
        ("Forty adults had US; nine had a history of appendicitis.", False),
        ("Adults with no prior history of acute appendicitis had US.", False),
        ("Of these, 4 had a past medical history of appendicitis and colitis.", False),
        ("A family history of appendicitis was noted.", False),
        ("Adults with a history of colitis and suspected appendicitis had US.", True),
        ("Adults with a history of colitis, in whom appendicitis was suspected, had US.", True),
        ("Adults with a 3-day history of appendicitis had US.", True),
        ("Adults with a history of colitis underwent US for appendicitis.", True),
        ("Nine had a history of appendicitis. Appendicitis recurred in two.", True),
    ],
)
def test_what_patients_had_before_is_not_the_subject(abstract, named):
    """A condition that an abstract names only in a history is not what was studied; what they came for is."""
    assert (closeness(paper("US at the first visit", abstract), APPENDICITIS) is not None) is named


def test_a_history_that_is_asked_about_is_the_subject():
    """A name that speaks of a history is looked for there, and a title always counts."""
    asked = EvidenceQuestion("family history of breast cancer", "mg-screening")
    told = "Women with a family history of breast cancer were screened by mammography."
    assert closeness(paper("Screening", told), asked) is not None
    titled = paper("US in adults with a history of appendicitis", "Adults were seen.")
    assert closeness(titled, APPENDICITIS) is not None


def test_excluded_patients_are_not_the_subject():
    """A condition that patients were excluded for, or that the paper's is unlike, is not named."""
    excluded = "Patients with acute appendicitis were excluded. Colitis was seen."
    assert closeness(paper("US of the abdomen", excluded), APPENDICITIS) is None
    assert (
        closeness(paper("US of the abdomen", "Unlike appendicitis, colitis is rare."), APPENDICITIS) is None
    )
    assert closeness(paper("US of the abdomen", "Appendicitis was seen."), APPENDICITIS) is not None

"""From a narrative to topic and variant, over a small table invented for these tests."""

import json
from pathlib import Path

import pytest

from model.assessment import Rating
from model.case import Age, ImagingCase
from model.guideline.imported import ImportedRating, ImportedTopic, ImportedVariant
from model.guideline.imported_table import read_table
from model.licensed import query_of
from model.narrative.claims import read_claims
from model.narrative.ranges import guideline_ranges, narrative_ranges
from model.narrative.recommend import Recommender
from terminology.statements import read_statements
from tests.licensed import FACTS

VECTORS = Path(__file__).parents[2] / "vectors" / "narratives.json"


def _topic(title, *sentences):
    rating = ImportedRating("CT of that part", None, Rating.USUALLY_APPROPRIATE)
    return ImportedTopic(
        title.lower().replace(" ", "-"),
        title,
        2025,
        tuple(ImportedVariant(str(n), text, (rating,)) for n, text in enumerate(sentences, start=1)),
    )


@pytest.fixture(scope="module")
def invented():
    return Recommender(
        (
            _topic(
                "Zebra Stripe Pain",
                "Adult. Acute stripe pain. Initial imaging.",
                "Adult. Acute stripe pain. Radiographs negative. Next imaging study.",
                "Child. Acute stripe pain. Initial imaging.",
                "Pregnant patient. Acute stripe pain. Initial imaging.",
            ),
            _topic(
                "Hoof Lump",
                "Adult younger than 30 years of age. Palpable hoof lump. Initial imaging.",
                "Adult 30 to 39 years of age. Palpable hoof lump. Initial imaging.",
                "Adult 40 years of age or older. Palpable hoof lump. Initial imaging.",
            ),
            _topic(
                "Tail Cancer",
                "Tail cancer. Screening. Low risk.",
                "Tail cancer. Screening. High risk.",
            ),
        )
    )


def _variant(invented, text, **known):
    found = invented.recommend(text, **known)
    return found.topic.title, found.variant.number


def test_first_study_is_presumed_where_none_is_told_of(invented):
    """An order that tells of no earlier study asks for the first."""
    assert _variant(invented, "45M sudden stripe pain") == ("Zebra Stripe Pain", "1")


def test_negative_radiographs_ask_for_the_next_study(invented):
    """A negative radiograph leads to the variant of the next study."""
    assert _variant(invented, "45M sudden stripe pain, xr neg") == ("Zebra Stripe Pain", "2")


def test_a_child_is_no_adult(invented):
    """An age under eighteen contradicts a variant of adults."""
    assert _variant(invented, "6 yo boy with stripe pain") == ("Zebra Stripe Pain", "3")


def test_a_pregnancy_leads_to_its_variant(invented):
    """A stated pregnancy is matched; an unstated one is not presumed."""
    assert _variant(invented, "30F 20 weeks pregnant, stripe pain") == ("Zebra Stripe Pain", "4")
    assert _variant(invented, "30F stripe pain") == ("Zebra Stripe Pain", "1")


@pytest.mark.parametrize(
    ("age", "number"), [(18, "1"), (29, "1"), (29.9, "1"), (30, "2"), (39.9, "2"), (40, "3"), (88, "3")]
)
def test_ages_at_the_bounds(invented, age, number):
    """A bound belongs to the variant that names it: 30 to 39 holds until the fortieth birthday."""
    assert _variant(invented, "hoof lump", age=age) == ("Hoof Lump", number)


def test_the_age_given_beside_the_text_counts_first(invented):
    """An age known beside the narrative stands before the one in it."""
    assert _variant(invented, "25F hoof lump", age=52) == ("Hoof Lump", "3")


def test_close_variants_are_both_offered_with_the_question_that_decides(invented):
    """Without the fact that parts them, both variants are candidates and the fact is asked for."""
    found = invented.recommend("tail cancer screening")
    assert {each.variant.number for each in found.candidates[:2]} == {"1", "2"}
    assert found.confidence < 0.7
    assert found.missing == ("Is the risk or pretest probability low or high?",)


def test_a_decided_case_is_surer_than_an_undecided_one(invented):
    """Saying the fact raises the confidence and ends the question."""
    open_, decided = (
        invented.recommend("tail cancer screening"),
        invented.recommend("tail cancer screening, high risk"),
    )
    assert decided.variant.number == "2"
    assert decided.confidence > open_.confidence
    assert "Is the risk or pretest probability low or high?" not in decided.missing


def test_nothing_known_leads_nowhere(invented):
    """A text of which no word is known gives no topic, and no confidence."""
    found = invented.recommend("qwxk")
    assert (found.topic, found.variant, found.confidence, found.candidates) == (None, None, 0.0, ())


def test_a_deidentified_case_is_answered_from_its_words_and_facts(invented):
    """An imaging case is matched by its clinical words with the age and sex that it knows."""
    case = ImagingCase(("ct-head-wo",), spans=("sudden stripe pain",), age=Age(6.0, 6.0), sex="male")
    query = query_of(case)
    found = invented.recommend(query.text, query.age, query.sex, query.findings)
    assert (found.topic.title, found.variant.number) == ("Zebra Stripe Pain", "3")


def test_at_most_three_questions(invented):
    """However much is open, three questions are asked at most."""
    assert len(invented.recommend("stripe pain").missing) <= 3


def test_a_misspelt_word_is_mended(invented):
    """One wrong letter does not hide the topic."""
    assert _variant(invented, "33F strpie zebra lump hoof")[0] == "Hoof Lump"


@pytest.mark.parametrize(
    ("text", "claim", "values"),
    [
        ("nontraumatic knee pain", "trauma", {"no"}),
        ("fell on knee", "trauma", {"yes"}),
        ("XR neg", "xr", {"negative"}),
        ("d-dimer neg", "ddimer", {"negative"}),
        ("asymptomatic", "symptoms", {"no"}),
        ("nonseminoma", "germcell", {"nonseminoma"}),
        ("hypotensive", "stability", {"unstable"}),
    ],
)
def test_claims_of_a_narrative(text, claim, values):
    """A word that contains another is read as itself and not as the other."""
    assert read_claims(text, "narrative")[claim] == values


def test_ranges_of_a_sentence_and_of_a_narrative():
    """Sizes are millimetres and ages years, whatever unit was written."""
    bounds = guideline_ranges("Child, 6 months of age or older. Cyst greater than 2 cm and less than 4 cm.")
    assert (bounds["size"].low, bounds["size"].high) == (20.01, 40.0)
    said = narrative_ranges("8 mo girl, 31 mm cyst", read_statements("8 mo girl, 31 mm cyst"), None)
    assert bounds["size"].holds(said["size"])
    assert said["size"].low == 31.0


def test_vectors_are_whole():
    """Every vector has an id of its own, a topic, a variant, words; a topic is in one part, the late cases apart."""
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert len({case["id"] for case in cases}) == len(cases) >= 250
    parts: dict[str, set[str]] = {}
    for case in cases:
        if case["split"] != "late":
            parts.setdefault(case["topic"], set()).add(case["split"])
    assert len(parts) == 215
    assert all(len(split) == 1 for split in parts.values())


@pytest.mark.skipif(not FACTS.exists(), reason="the facts file (APPOSITE_FACTS) is not here")
def test_seen_narratives_over_the_facts_file():
    """Over the full table, nine in ten of the seen narratives find their topic first."""
    recommender = Recommender(read_table(FACTS))
    cases = [c for c in json.loads(VECTORS.read_text(encoding="utf-8")) if c["split"] == "dev"][::4]
    right = 0
    for case in cases:
        found = recommender.recommend(case["text"])
        right += found.topic is not None and found.topic.title.split() == case["topic"].split()
    assert right >= 0.9 * len(cases)

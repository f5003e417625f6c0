"""The knowledge of conditions: every word of its tables is known, and it is read as it says."""

import re

import pytest

from model.reasoning import rater_conditions
from model.reasoning.rater import rater
from model.reasoning.rater_conditions import ConditionRow, ConditionsError, conditions, files
from model.reasoning.rater_features import RatingQuery, features_of, fit_of, known_of, scene_of
from model.reasoning.rater_scenario import read_scene, scene_words
from model.reasoning.rater_suitability import kinds_of
from terminology.procedures import catalogue

KINDS = {kind for procedure in catalogue() for kind in kinds_of(procedure)}


def read(*texts):
    """The names of the conditions of which the texts speak."""
    return {name.partition("/")[2] for name in read_scene(texts).conditions}


def row(good=(), fair=(), traits=()):
    """A row of a table."""
    return ConditionRow.of(traits, good, fair)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("injury of the elbow or the forearm", "elbow-trauma"),
        ("fracture of the left hip", "hip-fracture"),
        ("dislocation at the shoulder", "shoulder-dislocation"),
    ],
)
def test_a_condition_is_known_either_way_round(text, name):
    """As "elbow injury", and as "injury of the elbow"; a denial holds for both."""
    assert name in read(text)
    assert name not in read(f"no {text}")


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_kind_organ_and_trait_of_the_tables_is_known(path):
    """A misspelt one would never hold, and nobody would see it."""
    table = scene_words()
    for name, condition in conditions().items():
        if not name.startswith(f"{path.stem}/"):
            continue
        assert condition.organs
        assert set(condition.organs) <= table.regions.keys(), name
        assert all(re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", word) for word in condition.words), name
        for each in condition.rows:
            assert each.traits <= table.traits, name
            for suits in each.suits:
                assert suits.kind in KINDS, name
                assert not suits.organ or suits.organ in table.regions, name


def test_what_is_said_of_a_technique_counts_before_its_modality():
    """Ultrasound in general answers well, the endoscopic one only fairly, one not named half of the former."""
    said = row(good=["us@biliary"], fair=["us:endoscopic"])
    plain, endoscopic, elastography = (
        frozenset({"us", *more}) for more in (["us-not-applicable"], ["us:endoscopic"], ["us:elastography"])
    )
    assert said.verdict(plain, {"biliary"}) == 1
    assert said.verdict(endoscopic, {"biliary"}) == 0.5
    assert said.verdict(elastography, {"biliary"}) == 0.5
    assert row(fair=["us"]).verdict(elastography, ()) == 0.25


def test_a_kind_tied_to_an_organ_holds_for_studies_of_it_alone():
    """MRI of the brain is not answered by MRI of the knee."""
    said = row(good=["mr-without@brain"])
    kinds = frozenset({"mr", "mr-without"})
    assert said.verdict(kinds, {"brain", "orbit"}) == 1
    assert said.verdict(kinds, {"knee"}) == 0


def test_the_longest_phrase_names_the_condition():
    """A word inside a longer phrase speaks of that phrase's condition only."""
    assert read("chronic pancreatitis") == {"chronic-pancreatitis"}
    assert "acute-pancreatitis" in read("pancreatitis")
    assert "pulsatile-tinnitus" not in read("non-pulsatile tinnitus")


def test_a_denied_condition_is_not_there():
    """Nor is one behind another denied word of the same clause."""
    assert "pulmonary-embolism" in read("suspected pulmonary embolism")
    assert "pulmonary-embolism" not in read("no pulmonary embolism")


def test_rows_that_ask_for_more_come_first():
    """A phase that is spoken of replaces what holds in general."""
    condition = conditions()["digestive/pancreatic-cancer"]
    general, staged = condition.rows_for(()), condition.rows_for({"staging", "cancer"})
    assert [each.traits for each in general] == [frozenset()]
    assert all("staging" in each.traits for each in staged)


def test_a_condition_brings_the_parts_of_the_body_that_belong_to_it():
    """Horner syndrome is looked for from the brain to the chest, though none of them is named."""
    scene = read_scene(("Horner syndrome",))
    for study in ("mr-head-wwo", "cta-neck-w", "ct-chest-w"):
        assert fit_of(scene, catalogue()[study]) in {"same", "wider"}
    assert fit_of(scene, catalogue()["mr-knee-wo"]) == "elsewhere"


def test_what_suits_a_condition_raises_the_probability_of_appropriate():
    """The order of the probabilities is the one of the table's verdicts."""
    words = ("primary hyperparathyroidism",)
    studies = ("us-parathyroid", "xr-chest", "ct-head-wo")
    scene = scene_of(RatingQuery("xr-chest", words))
    verdicts = [known_of(scene, catalogue()[each]) for each in studies]
    chances = [rater().probabilities(RatingQuery(each, words)) for each in studies]
    appropriate = [
        next(p for rating, p in each.items() if rating == "usually-appropriate") for each in chances
    ]
    assert verdicts == sorted(verdicts, reverse=True)
    assert appropriate[0] > max(appropriate[1:])


def test_an_order_without_a_known_condition_has_no_such_features():
    """Words that name a part of the body alone are weighed without the tables."""
    assert not any(name.startswith("known") for name in features_of(RatingQuery("xr-chest", ("chest",))))


def test_an_opinion_names_the_condition_that_spoke_for_it():
    """As the tables call it, and not as the order wrote it."""
    opinion = rater().rate(RatingQuery("us-parathyroid", ("hyperparathyroidism MARKER",)))
    assert opinion is not None
    assert any("primary hyperparathyroidism" in reason for reason in opinion.reasons)
    assert not any("MARKER" in reason for reason in opinion.reasons)


@pytest.mark.parametrize(
    "table",
    [
        "- {name: twice, words: [thing], organs: [brain], rows: [{good: [us]}]}\n" * 2,
        "- {name: silent, words: [], organs: [brain], rows: [{good: [us]}]}\n",
    ],
)
def test_a_table_that_breaks_a_rule_is_refused_by_the_conditions_name(tmp_path, monkeypatch, table):
    """Two of one name, or one that no word speaks of."""
    (tmp_path / "field.yaml").write_text(table, encoding="utf-8")
    monkeypatch.setattr(rater_conditions, "CONDITIONS", tmp_path)
    conditions.cache_clear()
    try:
        with pytest.raises(ConditionsError, match=r"^field/(twice|silent): named twice, or without words"):
            conditions()
    finally:
        monkeypatch.undo()
        conditions.cache_clear()

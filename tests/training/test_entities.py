from __future__ import annotations

import pytest

from tests.training.test_rewards import Letters
from training.entities import entities, entity_f1


def test_entities_are_findings_and_study_words():
    """A finding is named as our vocabulary names it, however it was worded; other words are none."""
    assert entities("MRI is lovely for everybody's headaches") == ("headache", "mri")


def test_the_same_entities_in_other_words_score_one():
    """Order and filler words do not matter."""
    assert entity_f1("MRI for headache", "A headache? Then MRI.", Letters()) == pytest.approx(1.0)


def test_piling_up_entities_lowers_the_score():
    """Naming every study there is covers the gold text and is still worth less."""
    gold = "CT for headache"
    honest = entity_f1(gold, "CT for headache", Letters())
    piled = entity_f1(gold, "CT headache ultrasound fluoroscopy abdomen pelvis chest knee ankle", Letters())
    assert piled < honest


def test_without_gold_entities_there_is_nothing_to_judge():
    """None is not 0; a reasoning without entities beside a gold one with some is 0."""
    assert entity_f1("Nothing of the kind.", "CT for headache", Letters()) is None
    assert entity_f1("CT for headache", "Nothing at all.", Letters()) == 0.0

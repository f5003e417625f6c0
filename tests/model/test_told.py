"""Denials that go on over a comma."""

import pytest

from model.intake import PlainCase, case_of_record
from terminology.coding import Concept


def case(*indications, scenario=None):
    """The case of a knee radiograph with these reasons."""
    concepts = tuple(Concept(text=words) for words in indications)
    return case_of_record(PlainCase(Concept(text="XR knee"), concepts, scenario=scenario))


@pytest.mark.parametrize(
    ("text", "present", "absent", "unknown"),
    [
        ("no trauma, knee pain", {"knee-pain"}, {"trauma"}, set()),
        ("no trauma, L knee pain, swelling", {"knee-pain"}, {"trauma"}, set()),
        ("denies injury, shoulder pain", {"shoulder-pain"}, {"trauma"}, set()),
        ("no fever, weight loss, back pain", {"back-pain"}, {"fever"}, {"unexplained-weight-loss"}),
        ("no trauma, knee pain x 3 wks, r/o fracture", {"knee-pain"}, {"trauma"}, set()),
        ("no trauma or knee pain", set(), {"trauma", "knee-pain"}, set()),
        (
            "low back pain, no fever, weight loss",
            {"low-back-pain"},
            {"fever"},
            {"unexplained-weight-loss"},
        ),
        ("low back pain, no fever, hip pain", {"low-back-pain"}, {"fever"}, {"hip-pain"}),
        ("no chest pain, knee pain, headache", set(), {"chest-pain"}, {"knee-pain", "headache"}),
        ("no LOC, hit head", {"head-trauma"}, {"loss-of-consciousness"}, set()),
        ("no fever, weight loss", set(), {"fever"}, {"unexplained-weight-loss"}),
        (
            "low back pain, no fever or weight loss",
            {"low-back-pain"},
            {"fever", "unexplained-weight-loss"},
            set(),
        ),
        (
            "low back pain, denies fever, weight loss",
            {"low-back-pain"},
            {"fever", "unexplained-weight-loss"},
            set(),
        ),
        (
            "low back pain, no red flags, saddle anesthesia",
            {"low-back-pain"},
            set(),
            {"red-flag"},
        ),
        ("flank pain, no fever, pregnant", {"flank-pain", "pregnancy"}, {"fever"}, set()),
        ("r/o PE, no tachycardia, D-dimer positive", {"d-dimer-positive"}, set(), set()),
    ],
)
def test_comma_list(text, present, absent, unknown):
    """The one complaint of an order is its reason; what may be meant either way is unknown."""
    facts = case(text).facts
    assert present <= facts.present
    assert absent <= facts.absent
    assert unknown.isdisjoint(facts.present | facts.absent)


def test_reason_elsewhere():
    """A reason in another field keeps a note's list from naming one."""
    read = case("low back pain", scenario="no fever, chest pain")
    assert "low-back-pain" in read.indicated
    assert "chest-pain" not in read.facts.present | read.facts.absent


def test_several_are_asked_about():
    """Of several complaints in such a list each may be the reason: the order is asked about."""
    read = case("no chest pain, knee pain, headache")
    assert read.suggested == {"knee-pain", "headache"}
    assert not read.indicated


def test_reason_is_legible():
    """An order whose reason stands in such a list gives a reason."""
    assert any(each.legible for each in case("no trauma, knee pain").indications)

"""What level a paper has by its design, and that it says why."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evidence.paper import EvidenceLevel
from model.evidence.weigh import designs, features_of, read, weighed
from tests.model.evidence.papers import LEVELS, THIS_YEAR, paper, vectors


@pytest.mark.parametrize(
    ("record", "read"), vectors("view"), ids=lambda each: each["id"] if isinstance(each, dict) else ""
)
def test_vectors_in_view(record, read):
    """Each record that was in view while the rules were amended has the level and design of its label."""
    found = weighed(read, this_year=THIS_YEAR)
    assert (found.design, int(found.level)) == (record["design"], record["level"])


def test_vectors_are_whole():
    """There are 100 records in view and 50 aside, of every design in both, each flag explained and used."""
    whole = json.loads(LEVELS.read_text(encoding="utf-8"))
    assert (len(whole["view"]), len(whole["aside"])) == (100, 50)
    for name in ("view", "aside"):
        assert {each["design"] for each in whole[name]} == {each.id for each in designs()}
    used = Counter(flag for name in ("view", "aside") for each in whole[name] for flag in each["flags"])
    assert set(used) == set(whole["flags"])


@pytest.mark.parametrize(
    ("words", "design"),
    [
        ("Patients were randomly assigned to MRI or CT.", "randomized"),
        ("Patients were not randomised; records were retrospectively reviewed.", "retrospective"),
        ("This non-randomized prospective study had 60 patients.", "prospective"),
        ("A retrospective study. Randomised trials are needed.", "retrospective"),
        ("A retrospective review of a prospectively maintained database.", "retrospective"),
        ("CT showed the lesion.", "not-stated"),
    ],
)
def test_denied_designs(words, design):
    """A design that is denied, wished for or somebody else's is not the paper's."""
    assert read(paper("CT in flank pain", words)).design.id == design


def test_reasons():
    """A level comes with the design first, where it was read, and all that moved it."""
    text = (
        "We retrospectively reviewed 1,204 patients; surgery was the reference standard. Sensitivity was 90% and "
        "specificity 91% (95% CI 85-95). Two blinded readers scored the scans."
    )
    found = weighed(paper("CT", text, year=2001), this_year=THIS_YEAR)
    assert found.because == (
        "retrospective study",
        "1,204 patients or examinations, measured against a reference",
        "diagnostic accuracy measured",
        "compared with a reference or another group",
        "readers blinded",
        "confidence intervals given",
        "published 20 or more years ago",
    )
    assert found.level is EvidenceLevel.LOW


def test_publication_type_is_named():
    """A design told by the index says so."""
    found = weighed(paper("CT or not", publication_types=("Randomized Controlled Trial",)))
    assert found.because == ("randomised trial (publication type)",)


def test_unknown_stays_very_low():
    """A paper that states no design is very low whatever its numbers, and says that none is stated."""
    text = "In 9,000 patients sensitivity was 99% and specificity 99% (95% CI 98-99) with surgery as reference standard."
    found = weighed(paper("CT", text))
    assert found.level is EvidenceLevel.VERY_LOW
    assert found.because[0] == "design not stated"


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Specific signs were specifically decisive.", False),
        ("Odds ratio 2.0 (95% CI 1.1-3.4).", True),
        ("95% confidence interval 1.1 to 3.4", True),
        ("CIs were wide.", True),
        ("Physicians in special clinics.", False),
    ],
)
def test_confidence_intervals(text, given):
    """A confidence interval is a word, never letters inside one."""
    assert features_of(paper("", text)).intervals is given


def test_small_and_great_samples():
    """Fewer than 30 patients lower a level; 300 against a reference standard raise a retrospective one."""
    told = "A retrospective study of {} patients with surgery as the reference standard; sensitivity 90% and specificity 80%."
    levels = [weighed(paper("CT", told.format(each))).level for each in (29, 30, 299, 300)]
    assert levels == [EvidenceLevel.VERY_LOW, EvidenceLevel.LOW, EvidenceLevel.LOW, EvidenceLevel.MODERATE]


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_has_a_level(title, text, kinds):
    """Any text gives a level with a reason."""
    found = weighed(paper(title, text, publication_types=tuple(kinds)), this_year=THIS_YEAR)
    assert found.level in EvidenceLevel
    assert found.because

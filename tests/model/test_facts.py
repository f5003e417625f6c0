"""What follows from what was stated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.facts import Fact, Origin, close
from terminology.findings import vocabulary

FINDINGS = st.sampled_from(sorted(finding.id for finding in vocabulary()))
STATED = st.lists(
    st.builds(Fact, FINDINGS, st.sampled_from(["present", "absent"]), st.sampled_from(Origin)), max_size=6
)


def present(finding, origin=Origin.ORDER):
    """The finding as stated present."""
    return Fact(finding, "present", origin)


def absent(finding, origin=Origin.ORDER):
    """The finding as stated absent."""
    return Fact(finding, "absent", origin)


def test_nothing_stated_is_nothing_known():
    """Every finding is unknown until somebody states it."""
    assert close((), vocabulary()).status("fever") is None


def test_a_finding_makes_its_broader_findings_present():
    """Cancer is a red flag, and lung cancer is cancer."""
    facts = close([present("lung-cancer")], vocabulary())
    assert facts.status("cancer") is True
    assert facts.status("red-flag") is True


def test_an_absent_finding_makes_its_narrower_ones_absent():
    """Without any cancer there is no lung cancer; of other red flags it says nothing."""
    facts = close([absent("cancer")], vocabulary())
    assert facts.status("lung-cancer") is False
    assert facts.status("red-flag") is None


def test_a_finding_makes_those_it_excludes_absent_in_both_directions():
    """Exclusion counts whichever of the two was stated."""
    assert close([present("acute")], vocabulary()).status("chronic") is False
    assert close([present("chronic")], vocabulary()).status("acute") is False


def test_contradicting_statements_leave_a_finding_unknown():
    """Nobody decides between the order and the problem list."""
    facts = close([present("fever"), absent("fever", Origin.PROBLEM_LIST)], vocabulary())
    assert facts.status("fever") is None
    assert facts.conflicting == {"fever"}


def test_what_was_stated_beats_what_follows():
    """A stated narrower finding stands although its broader one was denied."""
    facts = close([present("lung-cancer"), absent("cancer")], vocabulary())
    assert facts.status("lung-cancer") is True


@pytest.mark.parametrize(("sex", "status"), [("male", False), ("female", True), (None, True)])
def test_a_finding_of_the_other_sex_is_absent_whatever_was_stated(sex, status):
    """A pregnancy in a man's record is another person's or a mistake."""
    facts = close([present("pregnancy")], vocabulary(), sex)
    assert facts.status("pregnancy") is status


@given(STATED, st.sampled_from(["male", "female", None]))
def test_no_finding_is_both_present_and_absent(stated, sex):
    """Whatever is stated, a finding has one status."""
    facts = close(stated, vocabulary(), sex)
    assert not facts.present & facts.absent
    assert not facts.present & facts.conflicting


@given(STATED)
def test_the_order_of_statements_does_not_matter(stated):
    """The same statements in another order leave the same facts."""
    one, other = close(stated, vocabulary()), close(reversed(stated), vocabulary())
    assert (one.present, one.absent, one.conflicting) == (other.present, other.absent, other.conflicting)

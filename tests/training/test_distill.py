from __future__ import annotations

import json

import pytest

from model.reasoning.language_model import Completion, LanguageModelError
from training.distill import ReviewError, accepted, distilled, review_lines
from training.examples import from_library

EXAMPLE = from_library()[0]
NARRATIVE = "Ultrasound shows dilated bile ducts [3]. CT shows the level of an obstruction."


class Replying:
    """A model that replies as told."""

    id = "replying"

    def __init__(self, text):
        self.text = text

    def complete(self, _prompt, **_):
        """The reply."""
        return Completion(self.text, self.id)


def test_a_narrative_becomes_claims_with_their_citations():
    """Each claim is a sentence, and a citation mark stays with it."""
    reply = json.dumps({"claims": ["Ultrasound shows dilated bile ducts. [3]", "CT shows the obstruction."]})
    found = distilled(Replying(reply), EXAMPLE, NARRATIVE)
    assert [(each.text, each.citations) for each in found] == [
        ("Ultrasound shows dilated bile ducts.", (3,)),
        ("CT shows the obstruction.", ()),
    ]


@pytest.mark.parametrize("reply", ["claims", "[]", '{"claims": 3}', '{"claims": [4]}', "{}"])
def test_a_reply_that_is_no_list_of_claims_is_refused(reply):
    """Whatever the model says, it is claims or the protocol's own error."""
    with pytest.raises(LanguageModelError):
        distilled(Replying(reply), EXAMPLE, NARRATIVE)


def test_a_claim_that_the_narrative_does_not_make_is_marked_for_the_reviewer():
    """An invented claim carries a warning; a true one does not."""
    reply = json.dumps({"claims": ["Ultrasound shows dilated bile ducts.", "MRI cures jaundice overnight."]})
    head, true, false = review_lines(EXAMPLE, distilled(Replying(reply), EXAMPLE, NARRATIVE), NARRATIVE)
    assert head == f"# {EXAMPLE.id}"
    assert true == "? Ultrasound shows dilated bile ducts."
    assert false == "? (not found in the narrative) MRI cures jaundice overnight."


def test_only_accepted_claims_become_the_trace():
    """Rejected lines are gone, and an example of which nothing was accepted is left out."""
    other = from_library()[1]
    lines = [f"# {EXAMPLE.id}", "+ A stands. [1]", "- B falls.", "", f"# {other.id}", "- C falls."]
    (found,) = accepted(lines, [EXAMPLE, other])
    assert found.id == EXAMPLE.id
    assert [(each.text, each.citations) for each in found.trace] == [("A stands.", (1,))]


@pytest.mark.parametrize("line", ["? still open", "no mark", "# an id that nobody knows", "+"])
def test_an_unfinished_review_is_refused_with_its_line(line):
    """Nothing is accepted by default."""
    with pytest.raises(ReviewError, match=r"^line 2: "):
        accepted([f"# {EXAMPLE.id}", line], [EXAMPLE])

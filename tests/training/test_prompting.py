from __future__ import annotations

import json
from dataclasses import replace

import pytest

from model.evidence.paper import Evidence, EvidenceLevel, Paper
from model.reasoning.answer import ANSWER_SCHEMA, LABELS, read_answer
from model.reasoning.chat import completion_body, score_body
from model.reasoning.language_model import Completion
from model.reasoning.reasoner import Reasoner
from training.examples import from_library
from training.precedents import with_precedents
from training.prompting import case_of, letter_prompt, rating_prompt
from training.recipe import find_recipe, read_recipe
from training.rows import sft_rows

LIBRARY = from_library()
SOME = [example for example in LIBRARY[::97] if case_of(example)]


class Recording:
    """A model that keeps what it is asked."""

    id = "recording"

    def __init__(self):
        self.bodies = []

    def complete(self, prompt, **_):
        """An answer, whatever is asked."""
        self.bodies.append(completion_body(prompt, max_tokens=1, temperature=0.0, seed=0))
        reasoning = [{"sentence": "It shows the bones.", "citations": []}]
        return Completion(json.dumps({"reasoning": reasoning, "rating": "May be appropriate"}), self.id)

    def score(self, prompt, labels, **_):
        """A third each."""
        self.bodies.append(score_body(prompt, labels))
        return dict.fromkeys(labels, 1 / 3)


@pytest.mark.parametrize("example", SOME[::8], ids=lambda example: example.id)
def test_what_is_trained_is_what_the_service_asks(example):
    """The messages of the training equal, word for word, those that the service's reasoner sends."""
    model = Recording()
    case = case_of(example)
    Reasoner(model).rate(case, example.procedure_id, (), timeout_s=60)
    answered, scored = (body["messages"] for body in model.bodies)
    assert rating_prompt(example, evidence=False).messages == answered
    assert letter_prompt(example, evidence=False).messages == scored


def test_evidence_is_shown_in_training_as_it_is_served():
    """A passage stands under the same number and between the same marks."""
    example = replace(SOME[0], evidence=("One passage.", "Another <<< passage."))
    papers = [Evidence(Paper("1", None, text), EvidenceLevel.LOW, (), (), 1.0) for text in example.evidence]
    model = Recording()
    Reasoner(model).rate(case_of(example), example.procedure_id, papers, timeout_s=60)
    assert rating_prompt(example, evidence=True).messages == model.bodies[0]["messages"]
    assert "[2] <<< Another passage. >>>" in model.bodies[0]["messages"][1]["content"]


def test_a_study_that_is_not_read_alone_is_asked_about_all_the_same():
    """Where the case border does not know the study's name, the words of the scenario are still there."""
    unread = next(example for example in LIBRARY if case_of(example) is None)
    asked = rating_prompt(unread, evidence=False)
    assert asked.last == f"Study: {unread.procedure}"
    assert "Order: <<< " in asked.user


@pytest.mark.parametrize("target", ["trace", "label", "both"])
def test_sft_teaches_what_the_service_reads(target):
    """A reasoning is an answer under the service's schema, of no more sentences than asked; a label a letter."""
    how = replace(read_recipe(find_recipe("tiny")).demonstration, most_sentences=2)
    examples = with_precedents(LIBRARY[::211], LIBRARY)
    rows = list(sft_rows(examples, how, target=target, seed=0))
    letters = 0
    for example, row in zip(examples, rows, strict=True):
        (said,) = [message["content"] for message in row["completion"]]
        answer = read_answer(said)
        if answer is None:
            assert said == "ABC"[list(LABELS).index(example.rating)]
            letters += 1
        else:
            assert answer.rating is example.rating
            assert len(answer.sentences) <= 2
            assert json.loads(said).keys() == ANSWER_SCHEMA["properties"].keys()
    assert (letters > 0, letters < len(rows)) == (target != "trace", target != "label")

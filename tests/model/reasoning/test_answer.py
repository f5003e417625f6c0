"""The answer grammar: text and JSON say the same, and what is not one answer is none."""

from __future__ import annotations

import json

import pytest
from jsonschema import validate

from model.assessment import Rating
from model.reasoning.answer import (
    ANSWER_SCHEMA,
    Answer,
    Sentence,
    read_answer,
    read_rating,
    read_sentences,
    write_answer,
    write_json,
)

ANSWER = Answer(
    (
        Sentence("CT without contrast shows fresh blood within minutes.", (1, 3)),
        Sentence("No relevant clinical literature was found on MRI."),
    ),
    Rating.USUALLY_APPROPRIATE,
)


def test_what_is_written_is_read_back_in_both_forms():
    """Both forms carry the whole answer."""
    assert read_answer(write_answer(ANSWER)) == ANSWER
    assert read_answer(write_json(ANSWER)) == ANSWER


def test_the_json_form_satisfies_the_schema():
    """What we write is what we ask a model to write."""
    validate(json.loads(write_json(ANSWER)), ANSWER_SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Usually appropriate",
        "<answer>Usually appropriate</answer>",
        "<think></think><answer>Usually appropriate</answer>",
        "<think>A.</think><answer>Appropriate</answer>",
        "<think>A.</think><answer>Usually appropriate or may be appropriate</answer>",
        "<think>A.</think><answer>Usually appropriate</answer> and more",
        "<think>A.<think>B.</think><answer>Usually appropriate</answer>",
        "{}",
        '{"reasoning": [], "rating": "Usually appropriate"}',
        '{"reasoning": [{"sentence": "A.", "citations": [true]}], "rating": "Usually appropriate"}',
        '{"reasoning": [{"sentence": "A.", "citations": ["1"]}], "rating": "Usually appropriate"}',
        '{"reasoning": [{"sentence": "A.", "citations": []}], "rating": "Sometimes"}',
        '{"reasoning": [{"sentence": "A.", "citations": []}], "rating": "Usually appropriate", "x": 1}',
        '{"reasoning": [{"sentence": "A.", "citations": []}',
    ],
)
def test_what_is_not_one_answer_is_none(text):
    """Nothing is guessed from a reply that breaks the grammar."""
    assert read_answer(text) is None


def test_sentences_run_together_are_told_apart_with_their_citations():
    """A citation mark belongs to the sentence that it ends, and a decimal ends no sentence."""
    assert read_sentences("Sensitivity was 95.5% [1, 2]. MRI shows more. [3] It costs more.") == (
        Sentence("Sensitivity was 95.5%.", (1, 2)),
        Sentence("MRI shows more.", (3,)),
        Sentence("It costs more."),
    )


@pytest.mark.parametrize("label", ["usually appropriate.", " Usually-Appropriate ", "USUALLY APPROPRIATE"])
def test_a_label_is_read_however_it_is_cased(label):
    """Case, hyphens and a full stop do not matter."""
    assert read_rating(label) is Rating.USUALLY_APPROPRIATE

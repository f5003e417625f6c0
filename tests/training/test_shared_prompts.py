from __future__ import annotations

import random
from dataclasses import replace

import pytest

pytest.importorskip("trl", reason="the training's libraries are in an environment of their own")

import torch

from training.base_model import load_model, load_tokenizer
from training.examples import from_library
from training.letters import varied
from training.precedents import with_precedents
from training.prompting import letter_prompt
from training.recipe import find_recipe, read_recipe
from training.shared_prompts import by_case, row, shared_prompt

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own warnings are not ours to fix

LIBRARY = from_library()
HOW = read_recipe(find_recipe("tiny")).letters


@pytest.fixture(scope="module")
def tokenizer():
    """The tokenizer of the tiny model, which is SmolLM2's."""
    return load_tokenizer("tiny")


def test_a_shared_prompt_is_the_prompts_that_are_served(tokenizer):
    """The beginning and an end are, token for token, the letter prompt of that example alone."""
    (question, examples), *_ = by_case(LIBRARY[:60], evidence=False)
    prompt = shared_prompt(question, examples, tokenizer)
    assert len(examples) > 1
    assert len(prompt.beginning) > 100
    for example, end in zip(prompt.examples, prompt.ends, strict=True):
        chat = letter_prompt(example, evidence=False).messages
        alone = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
        assert [*prompt.beginning, *end] == list(alone)


def test_a_row_reads_each_prompt_as_if_it_were_alone(tokenizer):
    """The logits at the end of every prompt of two cases in a row are those of the prompt by itself."""
    model = load_model("tiny").eval()
    prompts = [shared_prompt(*case, tokenizer) for case in by_case(LIBRARY[:60], evidence=False)[:2]]
    read = row(prompts)
    with torch.no_grad():
        together = model(
            input_ids=read["input_ids"],
            position_ids=read["position_ids"],
            attention_mask=read["attention_mask"],
            logits_to_keep=read["last"],
        ).logits[0]
        alone = [
            model(input_ids=torch.tensor([[*prompt.beginning, *end]])).logits[0, -1]
            for prompt in prompts
            for end in prompt.ends
        ]
    assert len(together) == sum(len(prompt.examples) for prompt in prompts)
    assert torch.allclose(together, torch.stack(alone), atol=1e-4)


def test_every_example_is_in_one_group():
    """Nothing is lost, nothing twice, whether the examples bring evidence or not."""
    shown = with_precedents(LIBRARY[:200], LIBRARY)
    for evidence in (False, True):
        grouped = [each.id for _, group in by_case(shown, evidence=evidence) for each in group]
        assert sorted(grouped) == sorted(each.id for each in shown)


def test_a_variation_keeps_something_to_judge_by():
    """However much is left out, words stay; a variation that leaves out nothing is the question."""
    draw = random.Random(0)  # noqa: S311 - a reproducible draw, not a secret
    for question, examples in by_case(LIBRARY[:300], evidence=False):
        much = varied(question, examples, replace(HOW, passages=0.0, forget=0.99), draw)
        assert much.spans or much.present or not (question.spans or question.present)
        assert varied(question, examples, replace(HOW, passages=0.0, forget=0.0), draw) == question

"""A language model among codes that a search found."""

from __future__ import annotations

import json
import math
import re

import pytest

from model.reasoning.code_choice import CodeChoice
from model.reasoning.openai_compatible import OpenAICompatible
from terminology.note import code_note
from terminology.retrieval import retriever
from tests.fakes import RawServer, http_reply

NOTE = "dizzy and weak"


def preferring(code, *, bias):
    """A behaviour: a model that likes this code, and the letter A as much as `bias` says."""

    def answer(_, connection, body):
        options = dict(re.findall(r"^([A-E])\. (\S+)$", body["messages"][1]["content"], re.MULTILINE))
        weights = {
            letter: (2 if option == code else 1) * (bias if letter == "A" else 1)
            for letter, option in options.items()
        }
        tokens = [
            {"token": letter, "logprob": math.log(weight / sum(weights.values()))}
            for letter, weight in weights.items()
        ]
        reply = {"choices": [{"logprobs": {"content": [{"top_logprobs": tokens}]}}]}
        connection.sendall(http_reply(json.dumps(reply).encode()))

    return answer


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("bias", [1, 50])
def test_the_likeliest_candidate_comes_first(place, bias):
    """The model's choice is put first, however much it likes a letter; the candidates stay the same."""
    plain = code_note(NOTE, retriever())
    with RawServer(preferring(plain.codes[place].code, bias=bias)) as server:
        choice = CodeChoice(OpenAICompatible(server.url, "model"), timeout_s=20)
        found = code_note(NOTE, retriever(), language_model=choice)
    assert found.codes[0] == plain.codes[place]
    assert set(found.codes) == set(plain.codes)


@pytest.mark.parametrize("reply", [b"", http_reply(b"garbage"), http_reply(b'{"choices": []}')])
def test_a_model_that_fails_changes_nothing(reply):
    """The order of the search stands."""
    with RawServer(lambda _, connection, __: connection.sendall(reply)) as server:
        choice = CodeChoice(OpenAICompatible(server.url, "model"), timeout_s=20)
        assert code_note(NOTE, retriever(), language_model=choice) == code_note(NOTE, retriever())

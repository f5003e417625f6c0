"""A language model among codes that a search found."""

from __future__ import annotations

import json
import math

import pytest

from model.reasoning.code_choice import CodeChoice
from model.reasoning.openai_compatible import OpenAICompatible
from terminology.note import code_note
from terminology.retrieval import retriever
from tests.fakes import RawServer, http_reply

NOTE = "dizzy and weak"


def preferring(letter):
    """A behaviour: a model whose first token is this letter, nearly surely."""
    tokens = [{"token": each, "logprob": math.log(0.9 if each == letter else 0.02)} for each in "ABCDE"]
    reply = {"choices": [{"logprobs": {"content": [{"top_logprobs": tokens}]}}]}
    return lambda _, connection, __: connection.sendall(http_reply(json.dumps(reply).encode()))


@pytest.mark.parametrize("place", range(5))
def test_the_likeliest_candidate_comes_first(place):
    """The model's choice is put first, whichever it is; the candidates stay the same."""
    plain = code_note(NOTE, retriever())
    with RawServer(preferring("ABCDE"[place])) as server:
        choice = CodeChoice(OpenAICompatible(server.url, "model"), timeout_s=20)
        found = code_note(NOTE, retriever(), language_model=choice)
    assert found.codes[0] == plain.codes[place]
    assert set(found.codes) == set(plain.codes)
    assert all(each.code in server.bodies[0]["messages"][1]["content"] for each in plain.codes)


@pytest.mark.parametrize("reply", [b"", http_reply(b"garbage"), http_reply(b'{"choices": []}')])
def test_a_model_that_fails_changes_nothing(reply):
    """The order of the search stands."""
    with RawServer(lambda _, connection, __: connection.sendall(reply)) as server:
        choice = CodeChoice(OpenAICompatible(server.url, "model"), timeout_s=20)
        assert code_note(NOTE, retriever(), language_model=choice) == code_note(NOTE, retriever())

"""The client of a model server, against servers that stall, drip, break off and mislead."""

from __future__ import annotations

import json

import pytest

from model.reasoning.answer import ANSWER_SCHEMA
from model.reasoning.language_model import Failure, Health, LanguageModelError, Prompt
from model.reasoning.openai_compatible import OpenAICompatible
from tests.fakes import RawServer, completion, http_reply

PROMPT = Prompt("You rate imaging orders.", "Rate: MRA head for a toothache.", "none")
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPPING_BODY = ENDLESS + b"Content-Length: 500000\r\n\r\n"


def sending(reply):
    """A behaviour that sends these bytes and hangs up."""
    return lambda _, connection, __: connection.sendall(reply)


def failure_of(behaviour, *, timeout_s):
    """How a completion fails at a server that behaves so, and whether the client hung up on it."""
    with RawServer(behaviour) as server:
        with pytest.raises(LanguageModelError) as caught:
            OpenAICompatible(server.url, "model").complete(PROMPT, schema=ANSWER_SCHEMA, timeout_s=timeout_s)
        return caught.value.failure, server.left.wait(20)


@pytest.mark.parametrize(
    "behaviour",
    [
        lambda server, connection, _: server.stall(connection),
        lambda server, connection, _: server.drip(connection, b""),
        lambda server, connection, _: server.drip(connection, ENDLESS + b"X-Slow: "),
        lambda server, connection, _: server.drip(connection, DRIPPING_BODY),
        lambda server, connection, _: server.drip(connection, ENDLESS + b"\r\n"),
    ],
    ids=[
        "silent",
        "drips before the headers",
        "drips in a header",
        "drips in the body",
        "drips without a length",
    ],
)
def test_the_deadline_is_for_the_whole_reply(behaviour):
    """A server that never ends is left when the time is up, however often it sends a byte."""
    assert failure_of(behaviour, timeout_s=0.3) == (Failure.TIMEOUT, True)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (http_reply(b'{"choices": [', length=500), Failure.UNAVAILABLE),
        (b"", Failure.UNAVAILABLE),
        (b"\x00\xff\x00 no HTTP at all\r\n\r\n", Failure.UNAVAILABLE),
        (http_reply(b"", "429 Too Many Requests"), Failure.UNAVAILABLE),
        (http_reply(b"", "503 Service Unavailable"), Failure.UNAVAILABLE),
        (http_reply(b"", "307 Temporary Redirect"), Failure.INVALID),
        (http_reply(b"<html>"), Failure.INVALID),
        (http_reply(completion("Sure! Usually appropriate.")), Failure.INVALID),
        (http_reply(completion('{"reasoning": [], "rating": "Usually appropriate"}')), Failure.INVALID),
    ],
    ids=[
        "cut off",
        "hangs up",
        "no HTTP",
        "429",
        "503",
        "redirect",
        "HTML",
        "free text",
        "breaks the schema",
    ],
)
def test_what_is_no_answer_is_one_named_error(reply, failure):
    """Each fault is a failure with a name, and its text holds nothing that was sent."""
    with RawServer(sending(reply)) as server, pytest.raises(LanguageModelError) as caught:
        OpenAICompatible(server.url, "model").complete(PROMPT, schema=ANSWER_SCHEMA, timeout_s=20)
    assert caught.value.failure is failure
    assert str(caught.value) == f"the language model's reply is {failure.value}"


def test_a_connection_is_used_again_after_its_deadline_passed_unused():
    """An exchange that ended in time leaves no timer behind that would cut a later one."""
    with RawServer(sending(http_reply(completion("yes")))) as server:
        model = OpenAICompatible(server.url, "model")
        assert [model.complete(PROMPT, timeout_s=seconds).text for seconds in (5, 20)] == ["yes", "yes"]


def models(*names):
    """A behaviour that lists these models."""
    listed = {"object": "list", "data": [{"id": name} for name in names]}
    return sending(http_reply(json.dumps(listed).encode()))


@pytest.mark.parametrize(
    ("behaviour", "health"),
    [
        (models("model", "lora"), Health.READY),
        (models("model"), Health.ADAPTER_ABSENT),
        (models("another"), Health.MODEL_ABSENT),
        (models(), Health.MODEL_ABSENT),
        (sending(http_reply(b"[]")), Health.MODEL_ABSENT),
        (sending(http_reply(b"", "401 Unauthorized")), Health.REFUSED),
        (sending(http_reply(b"not JSON")), Health.REFUSED),
        (sending(b""), Health.UNREACHABLE),
        (lambda server, connection, _: server.drip(connection, DRIPPING_BODY), Health.UNREACHABLE),
    ],
    ids=["ready", "no adapter", "another", "none", "odd", "key", "garbage", "hangs up", "drips"],
)
def test_health_says_what_is_missing(behaviour, health):
    """A server that is there and serves another model, or not the adapter, is told from one that is away."""
    with RawServer(behaviour) as server:
        assert OpenAICompatible(server.url, "model", adapter="lora").health() is health

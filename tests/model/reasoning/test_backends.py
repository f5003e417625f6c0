"""The backends, against real models and a real server, and a server that misbehaves."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model.reasoning.answer import LABELS
from model.reasoning.backend import (
    ADAPTER,
    Backend,
    adapter_file,
    adapter_name,
    identity_of,
    open_language_model,
)
from model.reasoning.embedded import Embedded, NotInstalledError, bundled_weights
from model.reasoning.language_model import Failure, Health, LanguageModelError, Prompt
from model.reasoning.openai_compatible import LARGEST_REPLY, OpenAICompatible

PROMPT = Prompt("You rate imaging orders.", "Rate: CT head for a thunderclap headache.", "none")
RATING = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rating"],
    "properties": {"rating": {"enum": list(LABELS.values())}},
}
GOOD = json.dumps({"rating": "May be appropriate"})


@pytest.fixture(scope="module")
def embedded():
    """The bundled model, loaded once."""
    try:
        return Embedded(bundled_weights())
    except NotInstalledError as missing:
        pytest.skip(str(missing))


def said(text, finish="stop"):
    """A chat completion that says so."""
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": finish}]}).encode()


class Misbehaving:
    """A real HTTP server that answers each request by the next of its replies, the last one for good."""

    def __init__(self, *replies):
        self.bodies = []
        left = list(replies)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N805
                self.bodies.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
                status, body, length = left.pop(0) if len(left) > 1 else left[0]
                handler.send_response(status)
                handler.send_header("Content-Length", str(length or len(body)))
                handler.send_header("Location", "http://127.0.0.1:1/")
                handler.end_headers()
                handler.wfile.write(body)
                handler.close_connection = True

            def do_GET(handler):  # noqa: N805
                handler.send_response(200)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def client(url, **settings):
    """A client whose pauses between retries take no time."""
    return OpenAICompatible(url, "model", sleep=lambda _: None, **settings)


def test_embedded_model_keeps_to_the_schema(embedded):
    """The bundled model answers in the answer's schema, and the same at the same seed."""
    one, other = (embedded.complete(PROMPT, schema=RATING, max_tokens=60, timeout_s=60) for _ in range(2))
    assert json.loads(one.text)["rating"] in LABELS.values()
    assert one == other
    assert one.model == "SmolLM2-135M-Instruct.Q4_1"


def test_embedded_model_scores_labels(embedded):
    """The scores are probabilities that add up to 1."""
    scores = embedded.score(PROMPT, list(LABELS.values()), timeout_s=60)
    assert set(scores) == set(LABELS.values())
    assert sum(scores.values()) == pytest.approx(1)


@pytest.mark.usefixtures("embedded")
def test_embedded_model_breaks_off_in_time():
    """A reply that is not done when its time is up is one named error, and the next question is answered."""
    now = iter([0.0, 0.0, *[9.0] * 500])
    hasty = Embedded(bundled_weights(), clock=lambda: next(now))
    with pytest.raises(LanguageModelError) as caught:
        hasty.complete(PROMPT, timeout_s=5)
    assert caught.value.failure is Failure.TIMEOUT


def test_embedded_model_refuses_a_prompt_that_is_too_long(embedded):
    """A prompt beyond the model's context is an invalid exchange, not a hang."""
    with pytest.raises(LanguageModelError):
        embedded.complete(Prompt("x", "word " * 6000, "none"), timeout_s=60)


@pytest.mark.usefixtures("embedded")
def test_real_server_answers():
    """llama.cpp's own OpenAI-compatible server gives a valid answer and scores through the HTTP client."""
    xllamacpp = pytest.importorskip("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(bundled_weights())
    parameters.n_ctx, parameters.verbosity, parameters.ui = 2048, -1, False
    parameters.api_keys = ["key"]
    parameters.model_alias = {"model"}
    server = xllamacpp.Server(parameters)
    model = OpenAICompatible(server.listening_address, "model", api_key="key", timeout_s=120)
    assert model.health() is Health.READY
    assert json.loads(model.complete(PROMPT, schema=RATING, max_tokens=60).text)["rating"] in LABELS.values()
    assert sum(model.score(PROMPT, list(LABELS.values())).values()) == pytest.approx(1)
    with pytest.raises(LanguageModelError):
        OpenAICompatible(server.listening_address, "model", api_key="wrong").complete(PROMPT)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ((503, b"", None), Failure.UNAVAILABLE),
        ((200, b'{"choices": [', 500), Failure.UNAVAILABLE),
        ((200, b"\xff\x00 garbage", None), Failure.INVALID),
        ((200, b"[" * 5000, None), Failure.INVALID),
        ((200, said("free text, schema ignored"), None), Failure.INVALID),
        ((200, said('{"rating": "Always appropriate"}'), None), Failure.INVALID),
        ((200, said(GOOD, finish="length"), None), Failure.INVALID),
        ((200, b" " * (LARGEST_REPLY + 1), None), Failure.INVALID),
        ((302, b"", None), Failure.INVALID),
        ((500, b"", None), Failure.INVALID),
    ],
    ids=[
        "busy",
        "cut off",
        "garbage",
        "nested",
        "schema ignored",
        "wrong label",
        "truncated",
        "huge",
        "redirect",
        "500",
    ],
)
def test_misbehaving_server_is_one_named_error(reply, failure):
    """Whatever the server sends, it is one named error that tells nothing of the prompt or the reply."""
    with Misbehaving(reply) as server, pytest.raises(LanguageModelError) as caught:
        client(server.url).complete(PROMPT, schema=RATING, timeout_s=20)
    assert caught.value.failure is failure


def test_server_that_rejects_schemas_is_asked_otherwise_and_then_so_at_once():
    """The way of giving a schema that worked is kept for the next request."""
    with Misbehaving((422, b"", None), (400, b"", None), (200, said(GOOD), None)) as server:
        model = client(server.url)
        assert (
            model.complete(PROMPT, schema=RATING).text == model.complete(PROMPT, schema=RATING).text == GOOD
        )
    assert [body.get("response_format", {}).get("type") for body in server.bodies] == [
        "json_schema",
        None,
        "json_object",
        "json_object",
    ]


def test_busy_server_is_asked_again():
    """A busy server is asked again within the timeout; an adapter is asked for by its name."""
    with Misbehaving((503, b"", None), (200, said(GOOD), None)) as server:
        assert client(server.url, adapter="lora").complete(PROMPT).adapter == "lora"
    assert [body["model"] for body in server.bodies] == ["lora", "lora"]


def test_absent_server_is_unavailable():
    """No server gives a named error, and is not ready."""
    with Misbehaving((200, b"", None)) as server:
        url = server.url
    with pytest.raises(LanguageModelError) as caught:
        client(url).complete(PROMPT)
    assert caught.value.failure is Failure.UNAVAILABLE
    assert client(url).health() is Health.UNREACHABLE


def test_time_that_is_up_asks_nobody():
    """Without time left no request is sent."""
    with Misbehaving((200, said(GOOD), None)) as server, pytest.raises(LanguageModelError) as caught:
        client(server.url).complete(PROMPT, timeout_s=0)
    assert caught.value.failure is Failure.TIMEOUT
    assert server.bodies == []


def test_backend_is_what_the_installation_names():
    """Each kind gives its model, and a key is in no representation."""
    assert open_language_model(Backend("none")) is None
    served = Backend("openai", "http://127.0.0.1:1", "model", "lora", api_key="CANARY")
    model = open_language_model(served)
    assert model is not None
    assert model.id == "model+lora"
    assert model.health() is Health.UNREACHABLE
    assert "CANARY" not in repr(served)


def test_the_bundled_weights_come_with_their_adapter_unless_another_or_none_is_wanted(tmp_path):
    """Weights of one's own have no adapter by themselves; a server is told of one only by name."""
    mine = str(tmp_path / "mine.gguf")
    assert adapter_file(Backend("embedded")) == ADAPTER
    assert ADAPTER.is_file()
    assert adapter_name(Backend("embedded")) == ADAPTER.stem
    assert adapter_file(Backend("embedded", name="/nowhere/small.gguf")) is None
    assert adapter_file(Backend("embedded", adapter="none")) is None
    assert adapter_name(Backend("embedded", adapter=mine)) == "mine"
    assert [adapter_name(Backend("openai", adapter=each)) for each in ("", "none", "lora")] == [
        None,
        None,
        "lora",
    ]


def test_a_model_is_named_by_the_content_of_its_adapter(tmp_path):
    """Results of an adapter that was replaced under the same name are not taken for the new one's."""
    file = tmp_path / "adapter.gguf"
    names = set()
    for content in ("one", "other"):
        file.write_text(content)
        names.add(identity_of(Backend("embedded", adapter=str(file))))
    file.unlink()
    names |= {identity_of(Backend("embedded", adapter=str(file))), identity_of(Backend("embedded"))}
    assert len(names) == 4


def test_absent_weights_are_not_ready():
    """A file of weights that is not there makes a model that is not ready and is unavailable."""
    model = open_language_model(Backend("embedded", name="/nowhere/small.gguf"))
    assert model is not None
    assert model.health() is Health.MODEL_ABSENT
    with pytest.raises(LanguageModelError) as caught:
        model.complete(PROMPT)
    assert caught.value.failure is Failure.UNAVAILABLE

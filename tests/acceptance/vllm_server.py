"""The client and the service against a real vLLM on this machine's CPU: `make test-vllm`.

The name of this file keeps it out of the suite: vLLM has an environment of its own, of several gigabytes.
`APPOSITE_VLLM_PYTHON` names that environment's interpreter. The server serves SmolLM2 out of its package as
`smollm2`, and a LoRA adapter of random weights as `random`.
"""

# ruff: noqa: T201 - what it prints is the record in docs/results/vllm.md

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from conformance.ehr.server import HOST, free_port
from model.reasoning.answer import ANSWER_SCHEMA, LABELS, read_answer
from model.reasoning.language_model import Failure, Health, LanguageModelError, Prompt
from model.reasoning.openai_compatible import OpenAICompatible
from tests.acceptance.test_model_faults import NOSE, UNDER_WAY, Installation
from tests.fakes import rating_of

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300
PROMPT = Prompt("You rate imaging orders.", "Rate: CT head for a thunderclap headache.", "none")
RATING = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rating"],
    "properties": {"rating": {"enum": list(LABELS.values())}},
}
FLAGS = ("--dtype", "bfloat16", "--max-model-len", "2048", "--enforce-eager", "--enable-lora", "--host", HOST)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "PYTHONPATH": f"{ROOT}:{ROOT / 'fhir'}",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The address of a running vLLM."""
    python = os.environ["APPOSITE_VLLM_PYTHON"]
    folder = tmp_path_factory.mktemp("vllm")
    environment, adapter = {**os.environ, **ENVIRONMENT}, str(folder / "adapter")
    made = [python, str(Path(__file__).with_name("random_adapter.py")), adapter]
    base = subprocess.run(made, env=environment, capture_output=True, check=True, text=True).stdout.split()[
        -1
    ]
    port = free_port()
    command = [python, "-m", "vllm.entrypoints.openai.api_server", "--model", base, *FLAGS]
    command += ["--port", str(port), "--served-model-name", "smollm2", "--lora-modules", f"random={adapter}"]
    began = time.monotonic()
    with (folder / "vllm.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            address = f"http://{HOST}:{port}"
            wait_for(address, process, folder / "vllm.log")
            print(f"\nvLLM answers after {time.monotonic() - began:.0f} s")
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def wait_for(address, process, log):
    """Wait until the server is healthy."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            pytest.fail(log.read_text(encoding="utf-8", errors="replace")[-3000:])
        try:
            if requests.get(f"{address}/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    pytest.fail(f"no answer within {PATIENCE_S} s")


def test_health(url):
    """The server lists the model and the adapter by their names; what it does not serve is absent."""
    assert OpenAICompatible(url, "smollm2").health() is Health.READY
    assert OpenAICompatible(url, "smollm2", adapter="random").health() is Health.READY
    assert OpenAICompatible(url, "smollm2", adapter="another").health() is Health.ADAPTER_ABSENT
    assert OpenAICompatible(url, "another").health() is Health.MODEL_ABSENT


def test_the_server_keeps_to_a_json_schema_by_itself(url):
    """The server enforces `response_format` of the kind `json_schema`: the first way of asking is the right one."""
    from model.reasoning.chat import completion_body, content, satisfying, schema_format  # noqa: PLC0415

    body = completion_body(PROMPT, max_tokens=60, temperature=0.0, seed=0) | schema_format(RATING)
    reply = requests.post(f"{url}/v1/chat/completions", json={"model": "smollm2", **body}, timeout=120).json()
    assert json.loads(satisfying(content(reply), RATING))["rating"] in LABELS.values()


def test_an_answer_in_the_schema_is_read(url):
    """The whole answer, with reasons, is one that the service can read; or the model ran out of tokens."""
    try:
        said = OpenAICompatible(url, "smollm2").complete(PROMPT, schema=ANSWER_SCHEMA, timeout_s=120)
    except LanguageModelError as error:
        assert error.failure is Failure.INVALID  # noqa: PT017 - the small model may write without end
    else:
        print(said.text)
        assert read_answer(said.text) is not None


def test_labels_are_scored_by_log_probabilities(url):
    """The probabilities of the first token are reported and add up to 1."""
    scores = OpenAICompatible(url, "smollm2").score(PROMPT, list(LABELS.values()), timeout_s=120)
    print(scores)
    assert sum(scores.values()) == pytest.approx(1)


def test_an_adapter_is_applied_by_its_name(url):
    """The adapted model scores otherwise than the base model, in the same server."""
    labels = list(LABELS.values())
    base, adapted = (
        OpenAICompatible(url, "smollm2", adapter=adapter).score(PROMPT, labels, timeout_s=120)
        for adapter in (None, "random")
    )
    print(base, adapted)
    assert base != pytest.approx(adapted, abs=0.01)


def test_an_adapter_that_is_not_served_is_a_named_error(url):
    """No answer of the base model is taken for the adapter's."""
    with pytest.raises(LanguageModelError) as caught:
        OpenAICompatible(url, "smollm2", adapter="another").complete(PROMPT, timeout_s=30)
    assert caught.value.failure is Failure.INVALID


def test_time_that_is_up_is_a_named_error_and_the_next_answer_comes(url):
    """A reply that takes longer than it may is left, and the server goes on answering."""
    model = OpenAICompatible(url, "smollm2")
    with pytest.raises(LanguageModelError) as caught:
        model.complete(PROMPT, max_tokens=1000, timeout_s=0.2)
    assert caught.value.failure is Failure.TIMEOUT
    assert model.complete(PROMPT, schema=RATING, max_tokens=60, timeout_s=120).model == "smollm2"


def test_a_hook_is_reviewed_by_it(url, tmp_path):
    """Hook, queue, worker and vLLM together: the order stays unrated, the card promises nothing once it is done."""
    installed = Installation(tmp_path, url, name="smollm2", timeout_s=120)
    assert UNDER_WAY in installed.fire(NOSE)["cards"][0]["detail"]
    (key,) = installed.services.reviews.waiting()
    installed.work()
    print(f"the review is {installed.services.reviews.find([key])[key].state}")
    reply = installed.fire(NOSE)
    print(reply["cards"][0]["detail"])
    assert UNDER_WAY not in str(reply)
    assert rating_of(reply) == "no-criteria-apply"
    installed.services.consults.close()

"""The language model's health, as probes see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.model_health import KEPT_S, ModelHealth, health_of
from model.reasoning.backend import Backend
from model.reasoning.language_model import Health
from tests.fakes import RawServer, http_reply, make_client, make_services

if TYPE_CHECKING:
    from pathlib import Path


class Later:
    """Work that is put off until somebody does it, and a clock."""

    def __init__(self) -> None:
        self.time = 0.0
        self.work: list[Any] = []

    def clock(self) -> float:
        """The time."""
        return self.time

    def do(self) -> None:
        """Do what was put off."""
        while self.work:
            self.work.pop()()


def client(tmp_path: Path, health: ModelHealth | None) -> Any:
    """A client of a service whose model has this health."""
    services = make_services(
        tmp_path, language_model="openai", language_model_url="http://127.0.0.1:1", language_model_name="m"
    )
    return make_client(replace(services, model_health=health))


def test_a_probe_never_waits_for_the_model(tmp_path: Path) -> None:
    """The first probe says that nothing is known; the model is asked beside it, and not again for a while."""
    later = Later()
    asked: list[float] = []

    def ask() -> Health:
        asked.append(later.time)
        return Health.READY

    health = ModelHealth(ask, clock=later.clock, beside=later.work.append)
    web = client(tmp_path, health)
    assert web.get("/readyz").json["languageModel"]["health"] == "unknown"
    assert asked == []
    later.do()
    assert web.get("/readyz").json["languageModel"]["health"] == "ready"
    later.do()
    assert len(asked) == 1
    later.time += KEPT_S + 1
    web.get("/readyz")
    later.do()
    assert len(asked) == 2


@pytest.mark.parametrize("state", list(Health))
def test_readiness_does_not_depend_on_the_model(tmp_path: Path, state: Health) -> None:
    """Whatever the model's health, it is told, and the service is ready."""
    health = ModelHealth(lambda: state, beside=lambda work: work())
    web = client(tmp_path, health)
    reply = web.get("/readyz")
    assert reply.status_code == 200
    assert reply.json["languageModel"] == {
        "kind": "openai",
        "model": "m",
        "health": state.value,
        "worker": "absent",
    }
    gauge = f"apposite_language_model_ready {float(state is Health.READY)}"
    assert gauge in web.get("/metrics").text


def test_without_a_model_the_service_says_so(tmp_path: Path) -> None:
    """No model is neither healthy nor ill."""
    web = make_client(make_services(tmp_path))
    assert web.get("/readyz").json["languageModel"] == {"kind": "none"}
    assert "\napposite_language_model_ready " not in web.get("/metrics").text
    assert health_of(Backend("none")) is None


def test_health_is_that_of_the_server() -> None:
    """A real server that lists another model is told apart, without the probe asking it."""
    listed = http_reply(json.dumps({"data": [{"id": "another"}]}).encode())
    with RawServer(lambda _, connection, __: connection.sendall(listed)) as server:
        health = health_of(Backend("openai", server.url, "model"))
        assert health is not None
        health._beside = lambda work: work()  # noqa: SLF001 - a thread would have to be waited for
        assert health.last() is Health.MODEL_ABSENT


def test_a_model_that_is_not_installed_is_absent() -> None:
    """Weights that are not there are told, not raised."""
    health = health_of(Backend("embedded", name="/nowhere/small.gguf"))
    assert health is not None
    health._beside = lambda work: work()  # noqa: SLF001
    assert health.last() is Health.MODEL_ABSENT

"""The service as `serve` starts it: what it logs, and the worker that stands beside it."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from conformance.ehr.server import PATIENCE_S, SERVE, serving, stop
from tests.fakes import LOW_BACK_PAIN, SELECT, call, order

if TYPE_CHECKING:
    from pathlib import Path


def test_an_access_log_holds_no_link(tmp_path: Path) -> None:
    """Where a site turns gunicorn's access log on, and all that it can say, the token of a page is in no line."""
    log = tmp_path / "service.log"
    environment = {
        "APPOSITE_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "APPOSITE_BASE_URL": "https://apposite.example",
        "APPOSITE_WORKERS": "1",
        "APPOSITE_LOG_LEVEL": "DEBUG",
        "GUNICORN_CMD_ARGS": "--access-logfile - --log-level debug",
    }
    with serving(environment, log) as url:
        reply = requests.post(url + SELECT, json=call(order("72133", LOW_BACK_PAIN)), timeout=10).json()
        token = urlsplit(reply["cards"][0]["links"][0]["url"]).query.removeprefix("link=")
        page = requests.get(
            f"{url}/companion?link={token}",
            headers={"Referer": f"{url}/companion?link={token}&still=1"},
            timeout=10,
        )
        assert page.status_code == 200
    text = log.read_text(encoding="utf-8")
    assert '"GET /companion HTTP/1.1" 200' in text
    assert token not in text
    assert reply["cards"][0]["uuid"] not in text


@pytest.mark.parametrize("beside", [True, False])
def test_only_a_worker_beside_the_service_yields_to_it(tmp_path: Path, *, beside: bool) -> None:
    """A worker that `serve` starts runs at the least priority; one started by hand has its caller's."""
    settings = {
        "APPOSITE_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "APPOSITE_QUEUE_URL": f"sqlite:///{tmp_path / 'queue.db'}",
        "APPOSITE_LANGUAGE_MODEL": "openai",
        "APPOSITE_LANGUAGE_MODEL_URL": "http://127.0.0.1:1",
        "APPOSITE_LANGUAGE_MODEL_NAME": "model",
    }
    command = [SERVE[0], "worker", *(("--parent", str(os.getpid())) if beside else ())]
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        ends = time.monotonic() + PATIENCE_S
        while not (tmp_path / "queue.db").exists() and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == (19 if beside else own)
    finally:
        stop(process)

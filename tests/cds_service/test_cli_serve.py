"""The worker that stands beside a service."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from conformance.ehr.server import PATIENCE_S, SERVE, stop

if TYPE_CHECKING:
    from pathlib import Path


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

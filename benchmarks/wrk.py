"""Serves an app on this machine and fires at it with wrk: what the load measurements share."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import requests
import simplejson

from conformance.ehr.server import HOST, free_port, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE: Final = Path(__file__).parent
APPS: Final = {"bare": "benchmarks.bare:app", "service": "cds_service.wsgi:app"}
SERVERS: Final = {
    "gthread": ("--worker-class", "gthread", "--threads", "4"),
    "gthread, preloaded": ("--preload", "--worker-class", "gthread", "--threads", "4"),
    "sync": (),
    "sync, preloaded": ("--preload",),
}
WORKERS: Final = 2
REQUEST: Final = HERE / "request.json"
JSON: Final = {"Content-Type": "application/json"}
PATH: Final = "/cds-services/imaging-order-select"


@dataclass(frozen=True, slots=True)
class Load:
    """One measurement at a number of connections: requests/s, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Running:
    """A served app: its process, its address, and the seconds that it took to start."""

    process: subprocess.Popen[bytes]
    url: str
    start_s: float


@contextmanager
def served(
    name: str, arguments: Sequence[str], folder: str, settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """An app under gunicorn, with its database in the folder."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"]
    command += ["--workers", str(WORKERS), "--bind", f"{HOST}:{port}", *arguments, APPS[name]]
    environment = {"APPOSITE_DATABASE_URL": f"sqlite:///{folder}/consults.db", **(settings or {})}
    began = time.perf_counter()
    process = start(command, f"{url}/readyz", environment, Path(folder) / f"{name}.log")
    running = Running(process, url, time.perf_counter() - began)
    try:
        yield running
    finally:
        stop(process)


def warm(url: str) -> None:
    """Have every worker answer once, so that tables loaded at the first request are not measured."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_post, [url + PATH] * 64))


def _post(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, data=REQUEST.read_bytes(), headers=JSON, timeout=10).raise_for_status()


def wrk(url: str, connections: int, seconds: int, *, new: bool) -> Load:
    """One run of wrk.

    Raises:
        ClickException: A request failed, so the figures would not mean what they say.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "load.lua"), url + PATH]
    environment = {**os.environ, "BODY": str(REQUEST), **({"NEW": "1"} if new else {})}
    ended = subprocess.run(command, capture_output=True, check=True, env=environment)  # noqa: S603 - fixed words
    found = simplejson.loads(ended.stdout.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise click.ClickException(
            f"{found['failed']} of {found['requests']} requests failed at {connections}"
        )
    return Load(found["requests"] / found["microseconds"] * 1e6, found["p50"] / 1e3, found["p99"] / 1e3)


def median(loads: list[Load]) -> Load:
    """Of each figure its median."""
    return Load(
        *(statistics.median(getattr(load, part) for load in loads) for part in ("rate", "p50", "p99"))
    )


def load_average() -> str:
    """How busy the machine was; client, servers and whoever else is there count."""
    one, five, fifteen = os.getloadavg()
    return f"Load average at the end of the run: {one:.1f}, {five:.1f}, {fifteen:.1f} (1, 5, 15 minutes).\n"

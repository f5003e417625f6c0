"""`make bench`: the service under wrk, beside a bare Flask endpoint under the same server in the same run.

Everything runs on this machine's loopback, so client and servers share its cores: the ratios are what can be
compared between machines.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import requests
import simplejson

from conformance.ehr.server import HOST, free_port, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE.parent / "docs" / "results" / "load.md"
CONNECTIONS: Final = (1, 8, 32)
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
class Server:
    """One app under one way of serving: start-up in seconds, memory per worker in MB, load by connections."""

    start_s: float
    rss_mb: float
    pss_mb: float
    loads: dict[int, Load]
    repeated: dict[int, Load]


@click.command()
@click.option("--seconds", default=3, show_default=True, help="Length of one measurement.")
@click.option("--rounds", default=3, show_default=True, help="Measurements of each kind; the median counts.")
@click.option("--server", "servers", multiple=True, type=click.Choice(list(SERVERS)), help="Ways to serve.")
@click.option("--write", is_flag=True, help=f"Write the table to {RESULTS.name}.")
def main(seconds: int, rounds: int, servers: Sequence[str], *, write: bool) -> None:
    """Measure requests per second, latency, start-up and memory of the service beside a bare endpoint."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed (Debian: apt install wrk)")
    report = [_preamble(seconds, rounds)]
    for name in servers or ("gthread, preloaded", "sync, preloaded"):
        bare, service = measure(SERVERS[name], seconds, rounds)
        report.append(f"## {name}\n\n{table(bare, service)}")
    text = "\n".join(report)
    click.echo(text)
    if write:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(text, encoding="utf-8")


def measure(arguments: Sequence[str], seconds: int, rounds: int) -> tuple[Server, Server]:
    """The bare endpoint and the service, each measured in turn, so that a noisy minute hits both."""
    samples: dict[tuple[str, int, bool], list[Load]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        _served("bare", arguments, folder) as bare,
        _served("service", arguments, folder) as service,
    ):
        running = {"bare": bare, "service": service}
        for app in running.values():
            _warm(app.url)
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for name, app in running.items():
                    for new in (True, False):
                        load = _wrk(app.url, connections, seconds, new=new)
                        samples.setdefault((name, connections, new), []).append(load)
        return _result(bare, "bare", samples), _result(service, "service", samples)


def table(bare: Server, service: Server) -> str:
    """The comparison as a Markdown table."""
    lines = [
        (
            "| each call | connections | bare, req/s | service, req/s | ratio "
            "| bare p50 / p99 | service p50 / p99 |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, ones, others in (
        ("another patient", bare.loads, service.loads),
        ("the same again", bare.repeated, service.repeated),
    ):
        for connections, one in ones.items():
            other = others[connections]
            lines.append(
                f"| {kind} | {connections} | {one.rate:.0f} | {other.rate:.0f} | {other.rate / one.rate:.2f} "
                f"| {one.p50:.1f} / {one.p99:.1f} | {other.p50:.1f} / {other.p99:.1f} |"
            )
    lines += ["", "| | bare | service |", "|---|---:|---:|"]
    lines.append(f"| start-up, fresh database (s) | {bare.start_s:.2f} | {service.start_s:.2f} |")
    lines.append(f"| RSS per worker (MB) | {bare.rss_mb:.0f} | {service.rss_mb:.0f} |")
    lines.append(f"| PSS per worker (MB) | {bare.pss_mb:.0f} | {service.pss_mb:.0f} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    url: str
    start_s: float


@contextmanager
def _served(name: str, arguments: Sequence[str], folder: str) -> Iterator[_Running]:
    port = free_port()
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"]
    command += ["--workers", str(WORKERS), "--bind", f"{HOST}:{port}", *arguments, APPS[name]]
    environment = {"APPOSITE_DATABASE_URL": f"sqlite:///{folder}/consults.db"}
    began = time.perf_counter()
    process = start(command, f"{url}/readyz", environment, Path(folder) / f"{name}.log")
    running = _Running(process, url, time.perf_counter() - began)
    try:
        yield running
    finally:
        stop(process)


def _warm(url: str) -> None:
    """Have every worker answer once, so that tables loaded at the first request are not measured."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_post, [url + PATH] * 64))


def _post(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, data=REQUEST.read_bytes(), headers=JSON, timeout=10).raise_for_status()


def _wrk(url: str, connections: int, seconds: int, *, new: bool) -> Load:
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


def _result(running: _Running, name: str, samples: dict[tuple[str, int, bool], list[Load]]) -> Server:
    loads, repeated = (
        {connections: _median(samples[name, connections, new]) for connections in CONNECTIONS}
        for new in (True, False)
    )
    rss, pss = zip(*(_memory(pid) for pid in _workers(running.process.pid)), strict=True)
    return Server(running.start_s, statistics.fmean(rss), statistics.fmean(pss), loads, repeated)


def _median(loads: list[Load]) -> Load:
    return Load(
        *(statistics.median(getattr(load, part) for load in loads) for part in ("rate", "p50", "p99"))
    )


def _workers(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def _memory(pid: int) -> tuple[float, float]:
    """Resident memory of a process, and its proportional share of what it shares, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024


def _preamble(seconds: int, rounds: int) -> str:
    processors = os.cpu_count()
    day = datetime.now(UTC).date().isoformat()
    return (
        "# The service under load\n\n"
        "Written by `make bench` (`benchmarks/load.py`): wrk on loopback, a connectathon order with prefetch "
        "(Patient, two Conditions, one Observation), consultations recorded in SQLite; beside it an endpoint "
        "that parses the same request and returns an empty list of cards. Each call is about another "
        "patient, or the same call fired again, which the service answers from what it has just rated. "
        "Latencies in milliseconds.\n\n"
        f"{day}, Python {platform.python_version()}, {processors} cores shared by client and servers, "
        f"{WORKERS} workers, the median of {rounds} runs of {seconds} s each.\n"
    )


if __name__ == "__main__":
    main()

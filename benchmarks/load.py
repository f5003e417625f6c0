"""`make bench`: the service under wrk, beside a bare Flask endpoint under the same server in the same run.

Everything runs on this machine's loopback, so client and servers share its cores: the ratios are what can be
compared between machines.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from benchmarks import load_busy
from benchmarks.wrk import SERVERS, WORKERS, Load, Running, load_average, median, served, warm, wrk

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE.parent / "docs" / "results" / "load.md"
CONNECTIONS: Final = (1, 8, 32)


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
@click.option("--model/--no-model", default=True, help="Also with the embedded language model busy.")
@click.option("--write", is_flag=True, help=f"Write the table to {RESULTS.name}.")
def main(seconds: int, rounds: int, servers: Sequence[str], *, write: bool, model: bool) -> None:
    """Measure requests per second, latency, start-up and memory of the service beside a bare endpoint."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed (Debian: apt install wrk)")
    report = [_preamble(seconds, rounds)]
    for name in servers or ("gthread, preloaded", "sync, preloaded"):
        bare, service = measure(SERVERS[name], seconds, rounds)
        report.append(f"## {name}\n\n{table(bare, service)}")
    if model:
        report.append(load_busy.report(*load_busy.compare(seconds, rounds)))
    report.append(load_average())
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
        served("bare", arguments, folder) as bare,
        served("service", arguments, folder) as service,
    ):
        running = {"bare": bare, "service": service}
        for app in running.values():
            warm(app.url)
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for name, app in running.items():
                    for new in (True, False):
                        load = wrk(app.url, connections, seconds, new=new)
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


def _result(running: Running, name: str, samples: dict[tuple[str, int, bool], list[Load]]) -> Server:
    loads, repeated = (
        {connections: median(samples[name, connections, new]) for connections in CONNECTIONS}
        for new in (True, False)
    )
    rss, pss = zip(*(_memory(pid) for pid in _workers(running.process.pid)), strict=True)
    return Server(running.start_s, statistics.fmean(rss), statistics.fmean(pss), loads, repeated)


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

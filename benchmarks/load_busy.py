"""The hook while the embedded language model is busy beside it, and while it rests, in turns of one run.

The service, a background worker and wrk share the machine. The worker is given reviews of orders that no
guideline rates, more than it can do; wrk fires orders that the guidelines rate. In between the line is
emptied, and the same is measured while the worker rests.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from sqlalchemy import delete, func, select

from benchmarks.wrk import Load, median, warm, wrk
from cds_service.consults import open_engine
from cds_service.queue import Queue
from cds_service.reviewing import REQUESTS
from cds_service.reviews import Reviews, State, review
from conformance.ehr.server import HOST, SERVE, free_port, start, stop
from model.intake import PlainCase, case_of_record
from model.reasoning.review import ReviewRequest
from terminology.coding import Concept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

CONNECTIONS: Final = (1, 4, 8)
GOAL: Final = 1.5
PATIENCE_S: Final = 120
WAITING: Final = 60
WORDS: Final = (
    "The embedded model (SmolLM2-135M, one thread) writes reviews in the background worker, which yields "
    "to the hooks (on Linux it runs only while nothing else wants the processor), while orders as above are "
    "fired, each about another patient; in turns with the worker at rest (`benchmarks/load_busy.py`). "
    "{ended} reviews ended meanwhile. Goal: a ratio of at most {goal}."
)
_STUDIES: Final = ("MRA head", "MRI brain", "CT abdomen and pelvis with contrast")


@dataclass(frozen=True, slots=True)
class Compared:
    """Latencies in milliseconds at a number of connections: with the worker at rest, and with it at work."""

    connections: int
    rest: Load
    busy: Load


def compare(seconds: int, rounds: int) -> tuple[list[Compared], int]:
    """The medians of the rounds, and how many reviews ended meanwhile."""
    taken: dict[tuple[int, bool], list[Load]] = {}
    with _installation() as (url, line):
        for _ in range(rounds):
            for busy in (False, True):
                line.fill() if busy else line.empty()
                for connections in CONNECTIONS:
                    taken.setdefault((connections, busy), []).append(wrk(url, connections, seconds, new=True))
                    line.check(busy=busy)
        line.empty()
        ended = line.count(State.DONE, State.FAILED)
    return [
        Compared(each, median(taken[each, False]), median(taken[each, True])) for each in CONNECTIONS
    ], ended


class Line:
    """The reviews in line for one worker."""

    def __init__(self, database: str, queue: str) -> None:
        self._engine: Engine = open_engine(database)
        self._reviews, self._queue = Reviews(self._engine), Queue(queue)
        self._made = 0

    def fill(self) -> None:
        """Give the worker more than it can do, and wait until it has begun."""
        while self.count(State.WAITING) < WAITING:
            study = _STUDIES[self._made % len(_STUDIES)]
            reason = Concept(text="epistaxis")
            case = case_of_record(PlainCase(Concept(text=study), (reason,), age_years=20 + self._made % 60))
            if case is None:
                raise click.ClickException(f"{study} is not in the catalogue")
            work = REQUESTS.dump_json(ReviewRequest(case, case.procedures[0])).decode()
            self._made += 1
            key = f"bench-{self._made}"
            self._reviews.ask(key, key, work, most_waiting=10 * WAITING)
            self._queue.put(key)
        self._wait_for(running=True)

    def empty(self) -> None:
        """Take what waits out of the line, and wait until the worker rests."""
        with self._engine.begin() as connection:
            connection.execute(delete(review).where(review.c.state == State.WAITING.value))
        self._wait_for(running=False)

    def check(self, *, busy: bool) -> None:
        """The worker is still busy, or still at rest.

        Raises:
            ClickException: It is not, so the figure would not mean what it says.
        """
        if bool(self.count(State.WAITING, State.RUNNING)) is not busy:
            raise click.ClickException("the worker ran dry, or was busy when it should not be")

    def count(self, *states: State) -> int:
        """How many reviews are in these states."""
        wanted = [state.value for state in states]
        with self._engine.begin() as connection:
            statement = select(func.count()).select_from(review).where(review.c.state.in_(wanted))
            return connection.execute(statement).scalar_one()

    def _wait_for(self, *, running: bool) -> None:
        ends = time.monotonic() + PATIENCE_S
        while bool(self.count(State.RUNNING)) is not running:
            if time.monotonic() > ends:
                raise click.ClickException("the worker does not do what it should; is xllamacpp installed?")
            time.sleep(0.1)


def report(compared: list[Compared], ended: int) -> str:
    """The comparison as a Markdown section."""
    lines = [
        "## With the language model busy",
        "",
        WORDS.format(ended=ended, goal=GOAL),
        "",
        "| connections | req/s: rest | busy | p50 / p99: rest | busy | p50 ratio | p99 ratio |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.connections} | {each.rest.rate:.0f} | {each.busy.rate:.0f} "
        f"| {each.rest.p50:.1f} / {each.rest.p99:.1f} | {each.busy.p50:.1f} / {each.busy.p99:.1f} "
        f"| {each.busy.p50 / each.rest.p50:.2f} | {each.busy.p99 / each.rest.p99:.2f} |"
        for each in compared
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def _installation() -> Iterator[tuple[str, Line]]:
    """`apposite serve` with its worker, and the worker's line.

    They must share a session, as they do there: where the scheduler groups processes by session, the idle
    policy counts only within the group.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://{HOST}:{port}"
        database, queue = f"sqlite:///{folder}/consults.db", f"sqlite:///{folder}/queue.db"
        settings = {
            "APPOSITE_PORT": str(port),
            "APPOSITE_DATABASE_URL": database,
            "APPOSITE_QUEUE_URL": queue,
            "APPOSITE_LANGUAGE_MODEL": "embedded",
        }
        process = start(SERVE, f"{url}/readyz", settings, Path(folder) / "service.log")
        try:
            warm(url)
            yield url, Line(database, queue)
        finally:
            stop(process)

"""The queue: messages are JSON, and they reach a worker in another process over SQLite and over Redis."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import redis

from cds_service.queue import JSONSerializer, Queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REDIS = "redis://127.0.0.1:6379/9"
WORKER = """
import os, signal, sys
from cds_service.queue import Queue
queue = Queue(sys.argv[1])
def work(key):
    print(key, flush=True)
    if key == "last":
        os.kill(os.getpid(), signal.SIGINT)
queue.serve(work, lambda: print("swept", flush=True), lambda: print("search", flush=True), ready=lambda: None)
"""


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A queue of each kind, empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'queue.db'}"
        return
    server = redis.Redis.from_url(REDIS)
    try:
        server.ping()
    except redis.ConnectionError:
        pytest.skip("no Redis listens on 127.0.0.1:6379")
    server.flushdb()
    yield REDIS
    server.flushdb()
    server.close()


def test_a_worker_in_another_process_gets_the_keys_in_order(url: str) -> None:
    """What is put before the worker starts is done after it has swept."""
    queue = Queue(url)
    assert queue.put("first")
    assert queue.put_search()
    for key in ("second", "last"):
        assert queue.put(key)
    ran = subprocess.run(
        [sys.executable, "-c", WORKER, url], capture_output=True, text=True, timeout=60, check=False
    )
    said = ran.stdout.split()
    assert said[:1] == ["swept"], ran.stderr
    assert [word for word in said if word != "swept"] == ["first", "search", "second", "last"]


def test_a_message_is_json_and_holds_the_key_alone(tmp_path: Path) -> None:
    """A queue that somebody else can write to cannot make the worker run anything."""
    queue = Queue(f"sqlite:///{tmp_path / 'queue.db'}")
    queue.put("a key")
    (data,) = queue._opened().huey.storage.enqueued_items()  # noqa: SLF001
    assert "a key" in json.dumps(json.loads(data))
    assert JSONSerializer().deserialize(data).args == ["a key"]


def test_a_message_about_a_search_holds_nothing(tmp_path: Path) -> None:
    """What is searched for stands in the table; the queue only wakes the worker."""
    queue = Queue(f"sqlite:///{tmp_path / 'queue.db'}")
    queue.put_search()
    (data,) = queue._opened().huey.storage.enqueued_items()  # noqa: SLF001
    message = JSONSerializer().deserialize(data)
    assert (message.args, message.kwargs) == ([], {})


def test_a_queue_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    """The review stands in the table, and the sweep will find it."""
    assert not Queue(f"sqlite:///{tmp_path / 'no folder' / 'queue.db'}").put("k")
    assert not Queue("redis://127.0.0.1:1/0").put_search()

"""Starts a service on this machine, as a process of its own, and waits until it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOST: Final = "127.0.0.1"
SERVE: Final = (str(Path(sys.executable).with_name("apposite")), "serve")
PATIENCE_S: Final = 30.0
_PAUSE_S: Final = 0.02


class StartError(Exception):
    """The service did not start; the message names the file that says why."""


def free_port(wished: int = 0) -> int:
    """The wished port if nothing listens there, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wished))
        except OSError:
            probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    command: Sequence[str], url: str, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """The running service, which outlives its starter; its output goes to the log.

    Raises:
        StartError: It ended, or did not answer at the URL in time.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            list(command),
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if answers(url):
            return process
        time.sleep(_PAUSE_S)
    stop(process)
    raise StartError(f"the service did not start; {log} says why")


def answers(url: str) -> bool:
    """Whether the address answers a GET with status 200."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=2).ok
        except requests.RequestException:
            return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the service, workers included."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """The address of `apposite serve` on a free port, for as long as the context lasts.

    Raises:
        StartError: The service did not start.
    """
    port = free_port()
    url = f"http://{HOST}:{port}"
    process = start(SERVE, f"{url}/readyz", {**environment, "APPOSITE_PORT": str(port)}, log)
    try:
        yield url
    finally:
        stop(process)

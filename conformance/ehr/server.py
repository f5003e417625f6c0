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
_APP: Final = b"cds_service.wsgi"
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


def serve_on(port: int, folder: Path) -> tuple[str, int]:
    """The address and process of a service that goes on when its starter ends.

    The service that was started from the same folder before is ended first; where something else listens on
    the port, another one is taken. The folder gets its log, its database and the number of its process.

    Raises:
        StartError: The service did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = folder / "service.pid"
    _end_previous(number)
    port = free_port(port)
    url = f"http://{HOST}:{port}"
    environment = {"APPOSITE_HOST": HOST, "APPOSITE_PORT": str(port)}
    if "APPOSITE_BASE_URL" not in os.environ:
        environment["APPOSITE_BASE_URL"] = url
    for name, file in (("APPOSITE_DATABASE_URL", "consults.db"), ("APPOSITE_QUEUE_URL", "queue.db")):
        if name not in os.environ:
            environment[name] = f"sqlite:///{(folder / file).resolve()}"
    process = start(SERVE, f"{url}/readyz", environment, folder / "service.log")
    number.write_text(f"{process.pid}\n", encoding="ascii")
    await_worker(url)
    return url, process.pid


def await_worker(url: str) -> None:
    """Wait until the worker of a service that has a language model is there; what it does is done later."""
    deadline = time.monotonic() + PATIENCE_S
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline:
            model = session.get(f"{url}/readyz", timeout=2).json().get("languageModel", {})
            if model.get("worker") != "absent":
                return
            time.sleep(_PAUSE_S)


def _end_previous(number: Path) -> None:
    """End the process of this number, if it is still a service of ours, and wait until it is gone."""
    try:
        pid = int(number.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline")
        if _APP not in command.read_bytes():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while command.exists() and command.read_bytes() and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
    except (OSError, ValueError):
        return


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

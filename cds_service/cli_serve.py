"""The commands that run the service: `serve`, and `worker` for what goes on behind it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cds_service import log
from cds_service.settings import SettingsError, read_settings
from model.guideline.releases import ReleaseError, Releases
from model.reasoning.embedded import NotInstalledError

if TYPE_CHECKING:
    from cds_service.settings import Settings

_LEAST: Final = 19
ACCESS_LOG: Final = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s'
"""How gunicorn logs a request where a site turns that on: by its path, never with a query or a referrer.

The query of a companion page is the secret that opens it.
"""


@click.command()
@click.option("--host", help="Address to listen on (default: APPOSITE_HOST or 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: APPOSITE_PORT or 8080).")
@click.option("--workers", type=int, help="Worker processes (default: APPOSITE_WORKERS or 2).")
@click.option("--background/--no-background", default=True, help="Start the background worker too.")
def serve(*, background: bool, **options: str | int | None) -> None:
    """Serve the CDS Hooks services with gunicorn, and do their background work."""
    for name, value in options.items():
        if value is not None:
            os.environ[f"APPOSITE_{name.upper()}"] = str(value)
    from cds_service.metrics import FOLDER  # noqa: PLC0415 - other commands need none of this

    settings = _settings()
    address = f"{settings.host}:{settings.port}"
    _refuse_taken(settings.host, settings.port)
    _refuse_damaged(settings)
    os.environ.setdefault(FOLDER, tempfile.mkdtemp(prefix="apposite-metrics-"))
    click.echo(f"Serving http://{address}/cds-services (stop with Ctrl-C)", err=True)
    if background and settings.has_background:
        command = [str(Path(sys.argv[0])), "worker", "--parent", str(os.getpid())]
        subprocess.Popen(command)  # noqa: S603 - our own command; it ends when this process does
    arguments = ["-m", "gunicorn", "--preload", "--no-control-socket", "--log-level", "warning"]
    arguments += ["--access-logformat", ACCESS_LOG]
    arguments += ["--bind", address, "--workers", str(settings.workers), "--threads", str(settings.threads)]
    os.execv(sys.executable, [sys.executable, *arguments, "cds_service.wsgi:app"])  # noqa: S606 - our own server


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer our parent.")
def worker(parent: int | None) -> None:
    """Do the background work of a service: search the literature, ask the language model.

    `serve` starts one; start more of them, or one on another machine, with the same settings.
    """
    from cds_service.background import run  # noqa: PLC0415 - other commands need none of this
    from cds_service.queue import Queue  # noqa: PLC0415
    from cds_service.services import NothingToDoError, open_background  # noqa: PLC0415

    settings = _settings()
    log.configure(settings.log_level)
    if parent is not None:
        _yield_to_the_hooks()
    try:
        background = open_background(settings)
    except (NotInstalledError, NothingToDoError) as error:
        raise click.ClickException(str(error)) from error
    run(background, Queue(settings.queue_url), parent=parent)


def _yield_to_the_hooks() -> None:
    """Run at the least priority; on Linux only while no other process wants the processor."""
    os.nice(_LEAST)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _refuse_damaged(settings: Settings) -> None:
    """Say so now if an imported release cannot be used, before anything is started."""
    try:
        Releases(Path(settings.guidelines)).held()
    except ReleaseError as error:
        raise click.ClickException(f"the service cannot start: {error}") from error


def _refuse_taken(host: str, port: int) -> None:
    """Say so now if the port is taken; gunicorn would only retry and log."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}; choose another --port") from error

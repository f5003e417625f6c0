"""Bringing the consultation store's schema up to date with Alembic, once, however many workers start."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

MIGRATIONS: Final = Path(__file__).with_name("migrations")
HEAD: Final = "0005"


def migrate(engine: Engine) -> None:
    """Apply the migrations that the database lacks. Alembic is loaded only where there are any."""
    if _revision(engine) == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - costs start-up time that an up-to-date database saves
    from alembic.config import Config  # noqa: PLC0415

    with _alone(engine):
        if _revision(engine) != HEAD:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """One process of this machine at a time migrates a database."""
    name = hashlib.sha256(str(engine.url).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"apposite-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

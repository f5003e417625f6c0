"""Databases with the schema of today, for the tests of what the service keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cds_service.consults import open_engine
from cds_service.schema import migrate
from tests.cds_service.databases import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'service.db'}"
    else:
        with postgresql() as made:
            yield made


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a fresh database; a module whose tests run on each kind gives `each_database` instead."""
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The database of `url` with the schema of today."""
    made = open_engine(url)
    migrate(made)
    yield made
    made.dispose()

"""Fixtures that several test folders use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes import make_client, make_services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from cds_service.services import Services


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services with default settings on a fresh database."""
    made = make_services(tmp_path)
    yield made
    made.consults.close()


@pytest.fixture
def client(services: Services) -> FlaskClient:
    """A client of the app with default settings."""
    return make_client(services)

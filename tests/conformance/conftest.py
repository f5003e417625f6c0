"""The service, started as its users start it, once with default settings and once with all of them turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.ehr.client import Client
from conformance.ehr.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {
    "default": {},
    "turned": {
        "APPOSITE_LEGACY_SYSTEM_ACTIONS": "false",
        "APPOSITE_CARDS_FOR_APPROPRIATE": "true",
        "APPOSITE_MAY_BE_APPROPRIATE_CODE": "appropriate",
        "APPOSITE_BASE_URL": "https://cds.example.org",
        "APPOSITE_MAX_SUGGESTIONS": "2",
    },
}


@pytest.fixture(scope="session", params=SETTINGS)
def service_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service."""
    folder = tmp_path_factory.mktemp(request.param)
    environment = {
        "APPOSITE_DATABASE_URL": f"sqlite:///{folder / 'consults.db'}",
        "APPOSITE_WORKERS": "1",
        **SETTINGS[request.param],
    }
    with serving(environment, folder / "service.log") as url:
        yield url


@pytest.fixture
def ehr(service_url: str) -> Iterator[Client]:
    """An EHR that is connected to the service."""
    with Client(service_url) as client:
        yield client

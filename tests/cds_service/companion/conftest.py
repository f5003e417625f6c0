"""Services with companion pages, and what a browser does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cds_service.companion.reading import BASE
from tests.fakes import make_services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cds_service.services import Services


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services on a fresh database that have a public address."""
    made = make_services(tmp_path, base_url=BASE)
    yield made
    made.consults.close()

"""A release that is imported, removed or broken while the service runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cds_service.imported import ImportedGuidelines
from cds_service.metrics import new_metrics
from cds_service.services import open_services
from cds_service.settings import Settings
from conformance.ehr.server import PATIENCE_S, SERVE, serving
from model.assess import assess
from model.guideline.imported_table import read_table
from model.guideline.library import library
from model.guideline.releases import ReleaseError, Releases
from tests.cds_service.test_imported import ROWS
from tests.fakes import SIGN, call, make_client, make_services, order, rating_of, with_assess
from tests.licensed import COLUMNS, table, written

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from cds_service.services import Services
    from model.guideline.imported import ImportedTopic
    from model.guideline.releases import Release

DAY = date(2026, 1, 1)
NAIL = {"reasonCode": [{"text": "ingrown nail of the great toe"}], "authoredOn": "2026-01-01"}
FIRST, SECOND = "appropriate", "not-appropriate"


def topics(folder: Path, rating: str) -> tuple[ImportedTopic, ...]:
    rows = [list(row) for row in ROWS]
    rows[0][COLUMNS.index("rating")] = rating
    return read_table(written(folder, table(rows)))


def nail(*ids: str) -> dict[str, Any]:
    """A call about radiographs of a foot for a reason that only the imported guideline knows."""
    chart = {"patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1975-01-01"}}
    orders = [order("73630", id_=id_, **NAIL) for id_ in ids or ("order-1",)]
    return call(*orders, hook="order-sign", prefetch=chart)


class Site:
    """A folder of releases, and what is in force of it. `today` can be set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.releases, self.today = folder, Releases(folder / "held"), DAY
        self.metrics = new_metrics()

    def open(self, look_every_s: float = 3_600) -> ImportedGuidelines:
        """What is in force of the folder, looked at only when told."""
        changes = self.metrics.guideline_changes
        self.imported = ImportedGuidelines(
            self.releases, library(), changes, today=lambda: self.today, look_every_s=look_every_s
        )
        return self.imported

    def hold(self, name: str, rating: str, effective: date = DAY) -> Release:
        """Import a release in which the radiograph has this rating."""
        kept, _ = self.releases.keep(
            topics(self.folder, rating), DAY, source="Zorblatt", release=name, effective=effective
        )
        return kept

    def file(self, release: Release) -> Path:
        """Where the release is kept."""
        return self.releases.index_file(release).with_suffix(".release")

    def in_force(self) -> list[str | None]:
        """The names of the releases in force after a look."""
        self.imported.renew()
        return [each.library.release for each in self.imported.now().guidelines]

    def changes(self, event: str) -> float | None:
        """How often this was counted."""
        return self.metrics.registry.get_sample_value("apposite_guideline_changes_total", {"event": event})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def served(site: Site, tmp_path: Path) -> FlaskClient:
    """A client of a service that has imported a first release."""
    site.hold("first", "Usually appropriate")
    return make_client(with_imported(make_services(tmp_path), site.open()))


def with_imported(services: Services, imported: ImportedGuidelines) -> Services:
    return replace(services, imported=imported)


def test_import_removal_and_new_day_change_what_is_in_force(site: Site) -> None:
    """Each takes effect at the next look, without a start; nothing changes while nothing did."""
    site.hold("first", "Usually appropriate")
    site.open()
    before = site.imported.now()
    assert site.in_force() == ["first"]
    assert site.imported.now() is before
    second = site.hold("second", "Usually not appropriate", date(2026, 1, 5))
    assert site.in_force() == ["first"]
    site.today = date(2026, 1, 5)
    assert site.in_force() == ["second"]
    site.releases.remove(second)
    assert site.in_force() == ["first"]
    assert (site.changes("switched"), site.changes("refused")) == (2, None)


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), ":3: is not the digest"),
        (lambda path: path.write_bytes(b"\xff"), ":1: must be UTF-8"),
        (lambda path: path.unlink() or path.mkdir(), ": cannot be read"),
        (lambda path: path.rename(path.with_name("other.release")), "other.release: is not named after"),
    ],
)
def test_broken_release_leaves_the_old_in_force_and_is_told(
    site: Site, served: FlaskClient, fault: Any, rule: str
) -> None:
    """The hook goes on as before; readiness and metrics say what is wrong, until it is mended."""
    second = site.hold("second", "Usually not appropriate")
    path = site.file(second)
    whole = path.read_bytes()
    fault(path)
    assert site.in_force() == site.in_force() == ["first"]
    assert rating_of(served.post(SIGN, json=nail()).json) == FIRST
    ready = served.get("/readyz")
    assert ready.status_code == 200
    assert rule in ready.json["importedRefused"]
    assert [each["release"] for each in ready.json["imported"]] == ["first"]
    assert b"apposite_guideline_refused 1.0" in served.get("/metrics").data
    assert site.changes("refused") == 1
    for each in path.parent.glob("other.release"):
        each.unlink()
    if path.is_dir():
        path.rmdir()
    path.write_bytes(whole)
    assert site.in_force() == ["second"]
    assert "importedRefused" not in served.get("/readyz").json
    text = served.get("/metrics").data
    assert b"apposite_guideline_refused 0.0" in text
    assert b'apposite_guideline_release{release="second",source="Zorblatt"' in text


def test_folder_that_goes_is_told_and_drops_nothing(site: Site) -> None:
    """A folder that is not there any more, as on a lost disk, is no removal; one emptied by hand is."""
    first = site.hold("first", "Usually appropriate")
    site.open()
    site.releases.folder.rename(site.folder / "elsewhere")
    assert site.in_force() == ["first"]
    assert site.imported.now().problem == "APPOSITE_GUIDELINES: the folder is gone"
    (site.folder / "elsewhere").rename(site.releases.folder)
    assert site.in_force() == ["first"]
    assert site.imported.now().problem is None
    site.file(first).unlink()
    assert site.in_force() == []


def test_call_fired_again_is_rated_by_the_release_in_force(site: Site, served: FlaskClient) -> None:
    """What was just answered is remembered for its release only, and the record names the other one."""
    assert [rating_of(served.post(SIGN, json=nail()).json) for _ in range(2)] == [FIRST, FIRST]
    second = site.hold("second", "Usually not appropriate")
    site.in_force()
    reply = served.post(SIGN, json=nail()).json
    assert rating_of(reply) == SECOND
    assert "Zorblatt ingrown nail of the great toe, release second" in reply["cards"][0]["detail"]
    services = served.application.extensions["apposite"]
    with services.consults._engine.connect() as connection:  # noqa: SLF001 - the store has no reader
        rows = connection.exec_driver_sql("SELECT criteria_version FROM consult ORDER BY id").all()
    assert rows[0] == rows[1] != rows[2]
    assert rows[2][0].endswith(second.version)


def test_request_sees_one_release_throughout(site: Site, tmp_path: Path) -> None:
    """Where another release comes into force between two orders of a call, both are rated by the first."""
    site.hold("first", "Usually appropriate")
    imported = site.open()

    def judge(case: Any, **licensed: Any) -> Any:
        said = assess(case, library(), **licensed)
        site.hold("second", "Usually not appropriate")
        site.in_force()
        return said

    client = make_client(with_imported(with_assess(make_services(tmp_path), judge), imported))
    reply = client.post(SIGN, json=nail("a", "b")).json
    assert [rating_of(reply, place) for place in (0, 1)] == [FIRST, FIRST]
    assert site.in_force() == ["second"]
    assert rating_of(client.post(SIGN, json=nail("a")).json) == SECOND


def test_process_looks_before_its_first_answer(site: Site) -> None:
    """A worker that is forked long after the start does not answer by what was in force then."""
    site.hold("first", "Usually appropriate")
    imported = site.open()
    site.hold("second", "Usually not appropriate")
    assert [each.library.release for each in imported.now().guidelines] == ["second"]
    third = site.hold("third", "May be appropriate")
    imported.watch()  # as a fork does
    assert imported.now().version == third.version


def test_the_watch_finds_a_release_by_itself(site: Site) -> None:
    """Once asked, a process looks again and again, without being asked."""
    site.hold("first", "Usually appropriate")
    imported = site.open(look_every_s=0.01)
    imported.now()
    running = [each for each in threading.enumerate() if each.name == "imported-guidelines"]
    imported.now()
    assert [each for each in threading.enumerate() if each.name == "imported-guidelines"] == running
    site.hold("second", "Usually not appropriate")
    ends = time.monotonic() + PATIENCE_S
    while imported.now().version == "" or imported.now().guidelines[0].library.release != "second":
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_service_refuses_to_start_in_one_sentence(site: Site) -> None:
    """Neither `serve` nor a server that loads the application by itself shows a traceback."""
    site.file(site.hold("first", "Usually appropriate")).write_bytes(b"half a release\n")
    environment = {
        "APPOSITE_GUIDELINES": str(site.releases.folder),
        "APPOSITE_DATABASE_URL": f"sqlite:///{site.folder / 'test.db'}",
    }
    for command, status in (([*SERVE], 1), ([sys.executable, "-c", "import cds_service.wsgi"], 3)):
        done = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        (line,) = done.stderr.splitlines()
        assert done.returncode == status
        assert line.startswith("Error: the service cannot start: zorblatt-")
        assert ":1: the file must have 3 lines" in line


def test_every_worker_takes_up_a_release(site: Site) -> None:
    """Two workers, started with one release, both rate by the next, and by the old when that is removed."""
    site.today = date(2020, 1, 1)
    site.hold("first", "Usually appropriate", date(2020, 1, 1))
    environment = {
        "APPOSITE_GUIDELINES": str(site.releases.folder),
        "APPOSITE_DATABASE_URL": f"sqlite:///{site.folder / 'test.db'}",
        "APPOSITE_WORKERS": "2",
    }
    with serving(environment, site.folder / "log") as url:
        wait_for(url, "first")
        second = site.hold("second", "Usually not appropriate", date(2020, 1, 2))
        wait_for(url, "second")
        site.releases.remove(second)
        wait_for(url, "first")
        text = requests.get(f"{url}/metrics", timeout=5).text
    assert 'apposite_guideline_changes_total{event="switched"} 4.0' in text


def wait_for(url: str, release: str) -> None:
    """Wait until twenty answers in a row, each over a connection of its own, name the release alone."""
    ends = time.monotonic() + PATIENCE_S
    said: Counter[str] = Counter()
    while said.keys() != {release}:
        assert time.monotonic() < ends, said
        said = Counter(
            each["release"]
            for _ in range(20)
            for each in requests.get(f"{url}/readyz", timeout=5).json()["imported"]
        )
        time.sleep(0.05)


def test_damaged_release_is_refused_at_start(site: Site) -> None:
    """What was in force before is not known at a start: nothing is served, and nothing left out."""
    site.file(site.hold("first", "Usually appropriate")).write_bytes(b"")
    with pytest.raises(ReleaseError, match="must have 3 lines"):
        open_services(
            Settings(
                database_url=f"sqlite:///{site.folder / 'test.db'}", guidelines=str(site.releases.folder)
            )
        )

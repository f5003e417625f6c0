"""The worker as an installation starts it: a hook asks, the real worker searches, the next firing cites."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cds_service.background import Background
from cds_service.breaker import Breaker
from cds_service.cli import main
from cds_service.metrics import new_metrics
from cds_service.reviews import State
from cds_service.services import open_services
from cds_service.settings import read_settings
from tests.cds_service.databases import postgresql
from tests.fake_literature import Invented, literature
from tests.fakes import LOW_BACK_PAIN, SELECT, SIGN, call, make_client, make_services, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]
BACK = order("72133", LOW_BACK_PAIN)
PAPERS = (
    Invented("701", title="CT of the lumbar spine in low back pain: a &lt;i&gt;trial&lt;/i&gt;"),
    Invented("702", title="CT of the lumbar spine in low back pain", types=("Retracted Publication",)),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        with postgresql() as made:
            yield made


def detail(client: FlaskClient, url: str) -> str:
    hook = "order-select" if url == SELECT else "order-sign"
    reply: Any = client.post(url, json=call(BACK, hook=hook)).json
    return str(reply["cards"][0]["detail"])


def test_what_the_hook_asks_for_is_there_when_the_order_is_signed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`apposite worker` searches by itself, and the signing cites what stands, says what was retracted."""
    with literature(PAPERS) as server:
        for name, value in {
            "DATABASE_URL": database,
            "QUEUE_URL": f"sqlite:///{tmp_path / 'queue.db'}",
            "LITERATURE": "both",
            "LITERATURE_EMAIL": "someone@example.org",
            "LITERATURE_API_KEY": "secret",
            "PUBMED_URL": server.pubmed_url,
            "EUROPE_PMC_URL": server.europe_pmc_url,
        }.items():
            monkeypatch.setenv(f"APPOSITE_{name}", value)
        services = open_services(read_settings())
        client = make_client(services)
        with _worker() as worker:
            try:
                _until(lambda: services.reviews.background().alive)
                assert "A search of the literature is under way" in detail(client, SELECT)
                _until(lambda: "PMID 701" in detail(client, SELECT))
            finally:
                worker.send_signal(signal.SIGINT)
        signed = detail(client, SIGN)
        assert "[PMID 701](https://pubmed.ncbi.nlm.nih.gov/701/)" in signed
        assert "1 paper is left out, because it was retracted" in signed
        assert "702" not in signed
        exposed = client.get("/metrics").get_data(as_text=True)
        assert "apposite_searches_waiting 0.0" in exposed
        services.consults.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no idle scheduling")
@pytest.mark.parametrize("beside", [True, False])
def test_a_worker_beside_the_service_yields_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, beside: bool
) -> None:
    """What `serve` starts runs only while nothing else wants the processor; one started by hand as its caller."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setenv("APPOSITE_QUEUE_URL", f"sqlite:///{tmp_path / 'queue.db'}")
    monkeypatch.setenv("APPOSITE_LITERATURE", "europe-pmc")
    services = open_services(read_settings())
    with _worker(*(("--parent", str(os.getpid())) if beside else ())) as worker:
        try:
            _until(lambda: services.reviews.background().alive)
            assert os.sched_getscheduler(worker.pid) == (
                os.SCHED_IDLE if beside else os.sched_getscheduler(0)
            )
        finally:
            worker.send_signal(signal.SIGINT)
    services.consults.close()


def test_a_worker_whose_parent_is_gone_ends_where_interrupts_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that starts a service in the background lets it ignore interrupts, and its worker too."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setenv("APPOSITE_QUEUE_URL", f"sqlite:///{tmp_path / 'queue.db'}")
    monkeypatch.setenv("APPOSITE_LITERATURE", "europe-pmc")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        worker = _worker("--parent", "1")
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert worker.wait(timeout=60) == 0
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_without_work_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the remedy."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    result = CliRunner().invoke(main, ["worker"])
    assert result.exit_code == 1
    assert "set APPOSITE_LITERATURE or APPOSITE_LANGUAGE_MODEL" in result.output


def test_a_worker_without_a_model_leaves_reviews_alone(tmp_path: Path) -> None:
    """What another worker with a model may do still waits, and nothing is put in line."""
    services = make_services(tmp_path)
    background = Background(services.reviews, None, metrics=new_metrics(), breaker=Breaker())
    services.reviews.ask("k", "o", "work", most_waiting=9)
    background.work("k")
    background.sweep(lambda _: pytest.fail("nothing is put in line"))
    background.search()
    assert services.reviews.find(["k"])["k"].state is State.WAITING
    services.consults.close()


def _worker(*options: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("apposite")), "worker", *options]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stderr=subprocess.DEVNULL)


def _until(holds: Any) -> None:
    """Wait until something holds, a minute at most."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen within a minute")

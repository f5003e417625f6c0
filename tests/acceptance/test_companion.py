"""From a card to its page: the served service, its worker, an index and a model on ports, and a browser's GET."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from conformance.ehr.server import serving
from tests.fake_literature import Invented, literature
from tests.fakes import LOW_BACK_PAIN, SELECT, RawServer, call, completion, http_reply, order

if TYPE_CHECKING:
    import socket
    from pathlib import Path

BACK = order("72133", LOW_BACK_PAIN)
UNDER_WAY = "A search of the literature is waiting in line|The literature is being searched"
PAPER = Invented("701", title="CT of the lumbar spine in low back pain: a trial")


def agreeing(_: RawServer, connection: socket.socket, __: Any) -> None:
    """A model that says what the guideline says, for a reason that no paper supports."""
    said = {
        "reasoning": [{"sentence": "It cures baldness in 99 % of wizards.", "citations": [1]}],
        "rating": "Usually not appropriate",
    }
    connection.sendall(http_reply(completion(json.dumps(said))))


def test_a_page_follows_search_and_review_without_another_call(tmp_path: Path) -> None:
    """Each card's own page comes to show what the worker finds and what the model says of it."""
    with literature((PAPER,)) as index, RawServer(agreeing) as model:
        environment = {
            "APPOSITE_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
            "APPOSITE_QUEUE_URL": f"sqlite:///{tmp_path / 'queue.db'}",
            "APPOSITE_BASE_URL": "https://apposite.example",
            "APPOSITE_LITERATURE": "pubmed",
            "APPOSITE_LITERATURE_EMAIL": "someone@example.org",
            "APPOSITE_LITERATURE_API_KEY": "secret",
            "APPOSITE_PUBMED_URL": index.pubmed_url,
            "APPOSITE_LANGUAGE_MODEL": "openai",
            "APPOSITE_LANGUAGE_MODEL_URL": model.url,
            "APPOSITE_LANGUAGE_MODEL_NAME": "a-model",
        }
        with serving(environment, tmp_path / "service.log") as url:
            with index.silent():
                first = until(lambda: linked(url), lambda page: 'http-equiv="refresh"' in read(page))
                assert re.search(UNDER_WAY, read(first))
            found = until(lambda: first, lambda page: "Found since the card was made." in read(page))
            assert "https://pubmed.ncbi.nlm.nih.gov/701/" in read(found)
            second = linked(url)
            done = until(lambda: second, lambda page: "language model's review is done" in unescaped(page))
            text = unescaped(done)
            assert "a-model" in text
            assert "baldness" not in text
            assert 'http-equiv="refresh"' not in text
            assert "https://pubmed.ncbi.nlm.nih.gov/701/" in text


def linked(url: str) -> str:
    """The address of the page behind the card that the order gets now."""
    card = requests.post(url + SELECT, json=call(BACK), timeout=10).json()["cards"][0]
    parts = urlsplit(card["links"][0]["url"])
    return f"{url}{parts.path}?{parts.query}"


def read(address: str) -> str:
    """The page, as a browser gets it."""
    reply = requests.get(address, timeout=10)
    assert reply.status_code == 200
    return reply.text


def unescaped(address: str) -> str:
    return read(address).replace("&#39;", "'")


def until(make: Any, holds: Any) -> str:
    """The address once something holds of it, a minute at most."""
    for _ in range(300):
        address: str = make()
        if holds(address):
            return address
        time.sleep(0.2)
    pytest.fail("it did not happen within a minute")

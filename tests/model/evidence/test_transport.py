"""Asking over HTTP: what is retried, what is refused, and what an error says."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from model.evidence.rate_limit import RateLimit
from model.evidence.search import ProviderError
from model.evidence.transport import HttpTransport, Limits
from tests.fake_literature import cut_off, endless, literature, reply, stalled, status, trickling

FIELDS = {"id": "1", "api_key": "marked-key", "term": "marked-words", "retmax": "1"}
ROOT = Path(__file__).parents[3]
NOW = 1_800_000_000.0


class Pauses:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = NOW

    def clock(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


def transport(server, folder, pauses=None, **limits) -> HttpTransport:
    pauses = pauses or Pauses()
    return HttpTransport(
        "PubMed",
        server.pubmed_url,
        RateLimit(folder / "next", 1e9, clock=pauses.clock, sleep=pauses.sleep),
        limits=Limits(**limits),
        now=pauses.clock,
        sleep=pauses.sleep,
        chance=lambda: 0.5,
    )


@pytest.mark.parametrize("fault", [status(429), status(500), status(503), cut_off])
def test_a_busy_or_broken_server_is_asked_again(tmp_path, fault):
    """After a refusal, an error of the server or a body that is cut off, the same question is asked again."""
    with literature() as server:
        server.will("efetch", fault)
        assert b"PubmedArticleSet" in transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes)
        assert [each.fields for each in server.asked] == [FIELDS, FIELDS]


def test_pauses_grow_and_are_random(tmp_path):
    """The pause is a random part of a bound that doubles, and the number of attempts is limited."""
    pauses = Pauses()
    with literature() as server:
        server.will("efetch", status(503), times=4)
        with pytest.raises(ProviderError, match="PubMed: HTTP 503"):
            transport(server, tmp_path, pauses).post("efetch.fcgi", FIELDS, bytes)
        assert [each for each in pauses.slept if each > 0.01] == [0.5, 1.0, 2.0]
        assert len(server.asked) == 4


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept(tmp_path, form):
    """A server that names a pause is left alone at least so long, in seconds or until a date."""
    pauses = Pauses()
    written = "7" if form == "seconds" else format_datetime(datetime.fromtimestamp(NOW + 7, UTC), usegmt=True)
    with literature() as server:
        server.will("efetch", status(429, Retry_After=written))
        transport(server, tmp_path, pauses).post("efetch.fcgi", FIELDS, bytes)
    assert max(pauses.slept) == pytest.approx(7.5, abs=0.01)
    assert pauses.now >= NOW + 7


@pytest.mark.parametrize(
    "written", ["soon", "-1", "\N{ARABIC-INDIC DIGIT SEVEN}", "9" * 400, "Fri, 99 Nov 2026 00:00:00 GMT"]
)
def test_a_pause_that_cannot_be_read_is_no_pause(tmp_path, written):
    """A strange Retry-After neither breaks the question nor keeps it waiting."""
    pauses = Pauses()
    with literature() as server:
        server.will("efetch", status(429, Retry_After=written.encode().decode("latin-1")))
        tried = transport(server, tmp_path, pauses)
        if written.startswith("9"):
            with pytest.raises(ProviderError, match="HTTP 429"):
                tried.post("efetch.fcgi", FIELDS, bytes)
        else:
            tried.post("efetch.fcgi", FIELDS, bytes)
    assert pauses.now < NOW + 5


def test_a_pause_that_is_too_long_ends_the_question(tmp_path):
    """A server that asks for an hour is not asked again, and the error says only that it was busy."""
    with literature() as server:
        server.will("efetch", status(429, Retry_After="3600"))
        with pytest.raises(ProviderError, match="HTTP 429"):
            transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes)
        assert len(server.asked) == 1


@pytest.mark.parametrize("code", [301, 400, 403, 404, 414])
def test_a_refusal_is_final(tmp_path, code):
    """What another attempt would meet again is not asked again, and no redirection is followed."""
    with literature() as server:
        server.will("efetch", status(code, Location="/eutils/esearch.fcgi"))
        with pytest.raises(ProviderError, match=f"PubMed: HTTP {code}"):
            transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes)
        assert len(server.asked) == 1


def test_a_reply_of_fifty_megabytes_is_refused(tmp_path):
    """Reading stops at the largest size that is allowed, whatever the server would still send."""
    with literature() as server:
        server.will("efetch", endless(50_000_000))
        with pytest.raises(ProviderError, match="too large"):
            transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes)
        assert len(server.asked) == 1


def test_a_compressed_bomb_is_refused(tmp_path):
    """The size that counts is that after decompression."""
    bomb = gzip.compress(b" " * 50_000_000)

    def send(handler) -> None:
        handler.send(bomb, "text/xml", headers={"Content-Encoding": "gzip"})

    with literature() as server:
        server.will("efetch", send)
        with pytest.raises(ProviderError, match="too large"):
            transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes)


def test_a_compressed_reply_is_read_whole(tmp_path):
    """A body that is compressed arrives as it was before."""
    text = os.urandom(300_000).hex().encode()

    def send(handler) -> None:
        handler.send(gzip.compress(text), "text/xml", headers={"Content-Encoding": "gzip"})

    with literature() as server:
        server.will("efetch", send)
        assert transport(server, tmp_path).post("efetch.fcgi", FIELDS, bytes) == text


def test_a_silent_server_is_given_up(tmp_path):
    """A server that stops in the middle is asked again, then reported."""
    with literature() as server:
        server.will("efetch", stalled, stalled)
        with pytest.raises(ProviderError, match="PubMed: "):
            transport(server, tmp_path, read_s=0.2, attempts=2).post("efetch.fcgi", FIELDS, bytes)
        assert len(server.asked) == 2


def test_a_trickling_server_is_given_up(tmp_path):
    """A server that always sends a little more holds nobody longer than the whole time allowed."""
    with literature() as server:
        server.will("efetch", trickling)
        with pytest.raises(ProviderError, match="longer than allowed"):
            transport(server, tmp_path, whole_s=0.5).post("efetch.fcgi", FIELDS, bytes)


def test_nobody_listening_is_an_error(tmp_path):
    """A connection that cannot be made is reported like any other failure."""
    with literature() as server:
        gone = transport(server, tmp_path)
    with pytest.raises(ProviderError, match="the connection failed"):
        gone.post("efetch.fcgi", FIELDS, bytes)


def test_a_reply_that_cannot_be_read_is_asked_for_again(tmp_path):
    """An error of the index inside a reply with status 200 is treated like one of the server."""

    def read(body: bytes) -> bytes:
        if b"ERROR" in body:
            raise ProviderError("PubMed: the search failed")
        return body

    with literature() as server:
        server.will("efetch", reply(b"<ERROR>backend failed</ERROR>"))
        transport(server, tmp_path).post("efetch.fcgi", FIELDS, read)
        assert len(server.asked) == 2


@pytest.mark.parametrize("fault", [status(400), status(503), cut_off, stalled, reply(b"<ERROR>")])
def test_an_error_says_nothing_of_what_was_sent(tmp_path, fault):
    """Neither the key nor the query nor the address stands in an error or in the address line of a request."""

    def refuse(body: bytes) -> bytes:
        raise ProviderError(f"PubMed: {len(body) * 0} usable records")

    with literature() as server:
        server.will("efetch", fault, times=2)
        with pytest.raises(ProviderError) as raised:
            transport(server, tmp_path, attempts=2, read_s=0.2).post("efetch.fcgi", FIELDS, refuse)
        assert raised.value.__suppress_context__ or raised.value.__cause__ is None
        for said in (str(raised.value), *(each.line for each in server.asked)):
            assert "marked" not in said
        assert "127.0.0.1" not in str(raised.value)


def test_a_rate_file_that_cannot_be_written_is_an_error(tmp_path):
    """Without its rate limit nothing is sent."""
    with literature() as server:
        with pytest.raises(ProviderError, match="rate limit"):
            transport(server, tmp_path / "missing").post("efetch.fcgi", FIELDS, bytes)
        assert server.asked == ()


def test_requests_leave_one_interval_apart(tmp_path):
    """Each request takes the next moment, and a pause that was asked for holds for all that share the file."""
    pauses = Pauses()
    mine, other = (RateLimit(tmp_path / "next", 2, clock=pauses.clock, sleep=pauses.sleep) for _ in range(2))
    for limit in (mine, other, mine):
        limit.wait()
    assert pauses.now - NOW == pytest.approx(1.1, abs=1e-3)
    other.hold(30)
    mine.wait()
    assert pauses.now - NOW == pytest.approx(31.1, abs=1e-3)


@pytest.mark.parametrize(
    "written", [b"", b"no number", b"\xff" * 24, b"nan", b"inf", str(NOW + 1e6).encode()]
)
def test_a_damaged_rate_file_is_written_anew(tmp_path, written):
    """What is no moment, or is one that no waiting could have made, counts as nobody waiting."""
    pauses = Pauses()
    (tmp_path / "next").write_bytes(written)
    limit = RateLimit(tmp_path / "next", 2, clock=pauses.clock, sleep=pauses.sleep)
    limit.wait()
    limit.wait()
    assert sum(pauses.slept) == pytest.approx(0.55, abs=1e-3)


CHILD = """
import sys
from pathlib import Path
from model.evidence.indexes import indexes
pubmed, _ = indexes(Path(sys.argv[1]), email="someone@example.org", pubmed_url=sys.argv[2])
for _ in range(4):
    list(pubmed.papers(["1"]))
"""


def test_two_processes_keep_one_rate(tmp_path):
    """Eight requests of two processes together take as long as three a second allow."""
    with literature() as server:
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.pubmed_url]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'fhir'}"}
        children = [subprocess.Popen(command, env=environment) for _ in range(2)]
        assert [child.wait() for child in children] == [0, 0]
        moments = sorted(each.at for each in server.asked)
    assert len(moments) == 8
    assert moments[-1] - moments[0] > 7 / 3 * 0.9
    assert float((tmp_path / "pubmed.next").read_text()) - moments[0] > 8 / 3 * 0.9


def test_a_link_in_the_place_of_the_rate_file_is_not_followed(tmp_path):
    """Whoever puts a link where the rate is kept gets nothing written through it."""
    other = tmp_path / "other"
    other.write_text("theirs", encoding="utf-8")
    (tmp_path / "rate").symlink_to(other)
    with pytest.raises(OSError, match="symbolic link"):
        RateLimit(tmp_path / "rate", 3).wait()
    assert other.read_text(encoding="utf-8") == "theirs"

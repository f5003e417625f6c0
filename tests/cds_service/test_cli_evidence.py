"""The commands `apposite evidence fetch` and `show`, against a server with invented papers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from tests.fake_literature import Invented, Literature, endless, literature, reply, stalled, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

PAPERS = (
    *(
        Invented(str(number), title=f"MRI of the spine in low back pain {number}")
        for number in range(101, 106)
    ),
    Invented("200", title="MRI of the spine in low back pain, withdrawn", types=("Retracted Publication",)),
    Invented("300", title="MRI in low back pain &lt;script&gt; [bold]x[/bold]"),
)
STUDY = "mr-lumbar-spine-wo"
FETCH = ("fetch", "--topics", "low-back-pain", "--procedures", STUDY)
SHOW = ("show", "--condition", "low back pain", "--procedure", STUDY)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Literature]:
    """A server, and settings that lead to it and to a fresh database."""
    with literature(PAPERS) as running:
        for name, value in {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'evidence.db'}",
            "LITERATURE": "pubmed",
            "LITERATURE_EMAIL": "someone@example.org",
            "LITERATURE_API_KEY": "SECRETKEY",
            "PUBMED_URL": running.pubmed_url,
            "EUROPE_PMC_URL": running.europe_pmc_url,
        }.items():
            monkeypatch.setenv(f"APPOSITE_{name}", value)
        monkeypatch.setenv("COLUMNS", "160")
        yield running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evidence", *arguments])


def test_what_is_fetched_is_shown(server: Literature) -> None:
    """Levels, citations, links and reasons, and each search as it was asked and as it was read."""
    assert run(*FETCH).output.splitlines()[-1] == "1 searched, 0 searched lately, 7 papers fetched"
    shown = run(*SHOW)
    assert shown.exit_code == 0
    assert "https://pubmed.ncbi.nlm.nih.gov/101/" in shown.output
    assert "of 4 (" in shown.output
    assert "pubmed.ncbi.nlm.nih.gov/200/" not in shown.output
    assert "Left out because retracted: 1" in shown.output
    assert "[bold]x[/bold]" in shown.output
    for asked in server.asked_of("esearch"):
        assert f"asked: {asked.fields['term']}" in shown.output
    assert "read as: read as" in shown.output


def test_a_second_fetch_asks_nothing(server: Literature) -> None:
    """What was searched lately is left out, so a command that was stopped goes on where it stopped."""
    run(*FETCH)
    asked = len(server.asked)
    done = json.loads(run(*FETCH, "--json").stdout)
    assert (done["questions"], done["searched"], done["fresh"]) == (1, 0, 1)
    assert len(server.asked) == asked


def test_everything_is_there_as_json(server: Literature) -> None:
    """The question, the papers with passages, and the searches with their ids."""
    run(*FETCH)
    shown = json.loads(run(*SHOW, "--json", "--limit", "2").stdout)
    assert (shown["condition"], shown["procedure"]) == ("low back pain", STUDY)
    assert len(shown["evidence"]) == 2
    assert shown["retracted"] == 1
    assert {each["query"] for each in shown["searches"]} == {
        each.fields["term"] for each in server.asked_of("esearch")
    }
    assert all(each["ids"] and each["translation"] for each in shown["searches"])


@pytest.mark.usefixtures("server")
def test_links_are_whole_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be broken into lines, and are never cut."""
    monkeypatch.setenv("COLUMNS", "90")
    run(*FETCH)
    cells = [line.split("│")[5].strip() for line in run(*SHOW).output.splitlines() if line.count("│") == 7]
    assert "https://pubmed.ncbi.nlm.nih.gov/101/" in "".join(cells)
    assert "…" not in "".join(cells)


def test_a_deeper_search_is_no_repetition(server: Literature) -> None:
    """With --at-most what was searched for fewer papers is searched again, and only what is new is fetched."""
    assert json.loads(run(*FETCH, "--at-most", "2", "--json").stdout)["papers"] == 2
    assert json.loads(run(*FETCH, "--json").stdout)["fresh"] == 1
    deeper = json.loads(run(*FETCH, "--at-most", "50", "--json").stdout)
    assert (deeper["searched"], deeper["papers"]) == (1, len(PAPERS) - 2)
    assert json.loads(run(*FETCH, "--at-most", "9999", "--json").stdout)["fresh"] == 1
    assert all(each.fields["retmax"] in {"2", "50"} for each in server.asked_of("esearch"))


def test_an_index_that_stood_in_is_told(server: Literature, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one index did not answer, the other did, and the command says so."""
    monkeypatch.setenv("APPOSITE_LITERATURE", "both")
    server.will("esearch", status(400))
    done = run(*FETCH)
    assert done.exit_code == 0
    assert "PubMed: HTTP 400; another index was asked in its place" in done.stderr
    assert {each["provider"] for each in json.loads(run(*SHOW, "--json").stdout)["searches"]} == {
        "Europe PMC"
    }


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<PubmedArticleSet>&b;</PubmedArticleSet>"
)


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [
        (reply(BOMB), 4, "PubMed: the XML declares entities"),
        (endless(50_000_000), 1, "PubMed: the reply is too large"),
    ],
)
def test_a_hostile_reply_costs_the_search_and_nothing_else(
    server: Literature, fault: Callable[..., None], times: int, said: str
) -> None:
    """One sentence that names the rule; the command that is run again has all papers."""
    server.will("efetch", fault, times=times)
    failed = run(*FETCH)
    assert failed.exit_code == 1
    assert f"1 of 1 questions not searched ({said})" in failed.output
    assert "never searched" in run(*SHOW).output
    assert json.loads(run(*FETCH, "--json").stdout)["papers"] == len(PAPERS)


def test_a_large_fetch_that_is_killed_goes_on_where_it_was(server: Literature) -> None:
    """Its ids come page by page from the history; killed between batches, it fetches the rest, each paper once."""
    server.add(
        *(Invented(str(number), title=f"MRI in low back pain {number}") for number in range(1_000, 2_300))
    )
    reached = threading.Event()

    def stop(handler: object) -> None:
        reached.set()
        stalled(handler)

    def answer(handler: object) -> None:
        handler._efetch(server.asked[-1].fields)  # noqa: SLF001 - as if nothing were wrong

    server.will("efetch", answer, answer, answer, stop)
    command = [sys.executable, "-c", "from cds_service.cli import main; main()", "evidence", *FETCH]
    with subprocess.Popen([*command, "--at-most", "5000"], stderr=subprocess.DEVNULL) as fetching:
        assert reached.wait(60)
        fetching.send_signal(signal.SIGKILL)
    held = {each for asked in server.asked_of("efetch")[:3] for each in asked.fields["id"].split(",")}
    assert len(held) == 300
    assert "never searched" in run(*SHOW).output
    before = len(server.asked_of("efetch"))
    done = json.loads(run(*FETCH, "--at-most", "5000", "--json").stdout)
    rest = [each for asked in server.asked_of("efetch")[before:] for each in asked.fields["id"].split(",")]
    assert done["papers"] == len(rest) == 1_300 + len(PAPERS) - 300
    assert held.isdisjoint(rest)
    assert len(server.asked_of("history")) >= 2
    assert "never searched" not in run(*SHOW).output


@pytest.mark.usefixtures("server")
def test_the_hooks_find_what_a_topic_fetched() -> None:
    """The command asks the same question as an order of the topic would."""
    assert "never searched" in run(*SHOW).output
    run(*FETCH)
    assert "never searched" not in run(*SHOW).output


@pytest.mark.usefixtures("server")
def test_a_condition_of_no_topic_can_be_fetched() -> None:
    """`show` says how."""
    said = run("show", "--condition", "toothache", "--procedure", STUDY).output
    assert "apposite evidence fetch --condition toothache --procedures mr-lumbar-spine-wo" in said
    assert run("fetch", "--condition", "toothache", "--procedures", STUDY).exit_code == 0
    said = run("show", "--condition", "toothache", "--procedure", STUDY).output
    assert "Nothing that can be cited was found" in said


def test_an_index_that_fails_leaves_what_was_fetched(server: Literature) -> None:
    """One sentence with the remedy, and neither key nor query in it."""
    server.will("esearch", status(400), times=9)
    failed = run("fetch", "--topics", "low-back-pain")
    assert failed.exit_code == 1
    assert "run the command again to go on" in failed.output
    assert len(server.asked) == 3
    assert "SECRETKEY" not in failed.output
    assert "Low Back Pain" not in failed.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fetch",), "give one of --topics, --all and --condition"),
        (("fetch", "--all", "--topics", "low-back-pain"), "give one of"),
        (("fetch", "--condition", "toothache"), "--condition needs --procedures"),
        (("fetch", "--all", "--at-most", "10000"), "1<=x<=9999"),
        (("fetch", "--topics", "low-bak-pain"), "try low-back-pain"),
        (
            ("fetch", "--topics", "low-back-pain", "--procedures", "us-thyroid"),
            "rate none of the --procedures",
        ),
        (("show", "--condition", "toothache", "--procedure", "x"), "apposite procedure"),
        (("show", "--condition", "toothache", "--procedure", ","), "apposite procedure"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(arguments: tuple[str, ...], said: str) -> None:
    """One sentence, no traceback, nothing done."""
    result = run(*arguments)
    assert result.exit_code in {1, 2}
    assert said in result.output


def test_without_a_literature_nothing_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names the setting."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'evidence.db'}")
    result = run(*FETCH)
    assert result.exit_code == 1
    assert "set APPOSITE_LITERATURE to pubmed, europe-pmc or both" in result.output
    assert "APPOSITE_LITERATURE_EMAIL" in result.output


def test_a_database_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names the setting."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'no folder' / 'evidence.db'}")
    result = run(*SHOW)
    assert result.exit_code == 1
    assert "check APPOSITE_DATABASE_URL" in result.output

"""From queries to papers, over a real server: nothing lost, nothing twice, whatever goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from model.evidence.fetching import fetch
from model.evidence.indexes import indexes
from model.evidence.paper import EvidenceQuestion
from model.evidence.query import queries
from model.evidence.search import ProviderError, Query, QueryKind
from model.evidence.transport import Limits
from tests.fake_literature import Invented, cut_off, literature, reply, status

ROOT = Path(__file__).parents[3]
QUESTION = EvidenceQuestion("low back pain", "mr-lumbar-spine-wo", ("lumbago",), ("back pain",))
PAIN = Query(QueryKind.CONDITION, '"low back pain"[Title/Abstract]')
ACHE = Query(QueryKind.SYNONYMS, '"lumbago"[Title/Abstract]')
PAPERS = [
    *(Invented(str(n), title=f"MRI in low back pain {n}") for n in range(101, 111)),
    *(Invented(str(n), title=f"MRI in lumbago or low back pain {n}") for n in range(111, 116)),
    Invented("200", title="Lumbago, a book", book=True),
    Invented("300", title="Toothache"),
]
ARTICLES = {str(n) for n in range(101, 116)}


def providers(server, folder):
    return indexes(
        folder,
        email="someone@example.org",
        api_key="secret",
        pubmed_url=server.pubmed_url,
        europe_pmc_url=server.europe_pmc_url,
        limits=Limits(attempts=2, first_pause_s=0.0),
    )


def nothing(_ids):
    return ()


def fetched_ids(server) -> list[str]:
    """The ids of all efetch requests."""
    return [each for asked in server.asked_of("efetch") for each in asked.fields["id"].split(",")]


def test_a_question_is_searched_and_its_papers_fetched_once(tmp_path):
    """All that the queries find comes, each paper once, and the searches come last and alone."""
    with literature(PAPERS) as server:
        asked = queries(QUESTION)
        *batches, last = fetch(asked, providers(server, tmp_path), known_ids=nothing, batch_size=4)
        papers = [paper.pmid for batch in batches for paper in batch.papers]
        assert sorted(papers) == sorted(ARTICLES)
        assert sorted(fetched_ids(server)) == sorted([*ARTICLES, "200"])
        assert [each for batch in batches for each in batch.missing] == ["200"]
        assert all(batch.searches == () and len(batch.papers) + len(batch.missing) <= 4 for batch in batches)
        assert last.papers == ()
        assert tuple(search.query for search in last.searches) == asked
        assert {search.provider for search in last.searches} == {"PubMed"}
        assert [batch.failures for batch in (*batches, last)] == [()] * (len(batches) + 1)


def test_what_is_held_is_not_fetched(tmp_path):
    """Ids that the caller holds are asked of it once and not of the index; the searches still name them."""
    questions = []

    def known(ids):
        questions.append(tuple(ids))
        return {"101", "115", "999"}

    with literature(PAPERS) as server:
        *batches, last = fetch([PAIN, ACHE], providers(server, tmp_path), known_ids=known)
        assert len(questions) == 1
        assert set(questions[0]) == {*ARTICLES, "200"}
        assert {"101", "115"}.isdisjoint(fetched_ids(server))
        assert {paper.pmid for batch in batches for paper in batch.papers} == ARTICLES - {"101", "115"}
        assert "101" in last.searches[0].ids


def test_a_query_brings_no_more_than_was_asked(tmp_path):
    """The limit holds for each query, and the result tells how many there are."""
    with literature(PAPERS) as server:
        *_, last = fetch([PAIN], providers(server, tmp_path), known_ids=nothing, at_most=3)
    assert (len(last.searches[0].ids), last.searches[0].total) == (3, 15)


def test_no_query_and_no_find_need_no_fetch(tmp_path):
    """Without a query nothing is sent; with one that finds nothing only the search comes."""
    with literature(PAPERS) as server:
        indexed = providers(server, tmp_path)
        (empty,) = fetch([], indexed, known_ids=nothing)
        assert (empty.searches, server.asked) == ((), ())
        (found,) = fetch([Query(QueryKind.PICO, '"unheard of"[Title/Abstract]')], indexed, known_ids=nothing)
        assert [search.total for search in found.searches] == [0]
        assert server.asked_of("efetch") == ()


def test_europe_pmc_stands_in_for_a_search(tmp_path):
    """Where PubMed fails at a search Europe PMC answers this one and those after it, and the result says so."""
    with literature(PAPERS) as server:
        server.will("esearch", status(503), times=2)
        *batches, last = fetch([PAIN, ACHE], providers(server, tmp_path), known_ids=nothing)
        assert [search.provider for search in last.searches] == ["Europe PMC", "Europe PMC"]
        assert [failure for batch in (*batches, last) for failure in batch.failures] == ["PubMed: HTTP 503"]
        assert {paper.pmid for batch in batches for paper in batch.papers} >= ARTICLES
        assert server.asked_of("efetch") == ()


@pytest.mark.parametrize(
    "fault", [status(500), cut_off, reply(b"<eFetchResult><ERROR>no</ERROR></eFetchResult>")]
)
def test_europe_pmc_stands_in_for_papers(tmp_path, fault):
    """Where PubMed found the papers and fails to give them, Europe PMC gives them by the same ids."""
    with literature(PAPERS) as server:
        indexed = providers(server, tmp_path)
        server.will("efetch", fault, times=2)
        *batches, last = fetch([PAIN], indexed, known_ids=nothing, batch_size=5)
        assert sorted(paper.pmid for batch in batches for paper in batch.papers) == sorted(ARTICLES)
        assert [bool(batch.failures) for batch in batches] == [True, False, False]
        assert last.searches[0].provider == "PubMed"


def test_a_passing_failure_is_nobodys_concern(tmp_path):
    """What the next attempt puts right costs no paper and is not reported."""
    with literature(PAPERS) as server:
        server.will("esearch", status(429, Retry_After="0"))
        server.will("efetch", cut_off)
        *batches, last = fetch([PAIN], providers(server, tmp_path), known_ids=nothing)
        assert {paper.pmid for batch in batches for paper in batch.papers} == ARTICLES
        assert (last.failures, last.searches[0].provider) == ((), "PubMed")


def test_where_no_index_answers_the_question_stays_open(tmp_path):
    """What came stands, and instead of the searches an error names each index and rule and no word of ours."""
    with literature(PAPERS) as server:
        running = fetch([PAIN], providers(server, tmp_path), known_ids=nothing, batch_size=5)
        assert len(next(running).papers) == 5
        server.will("efetch", status(503), times=2)
        server.will("europe-pmc", status(503), times=2)
        with pytest.raises(ProviderError) as raised:
            next(running)
    assert str(raised.value) == "PubMed: HTTP 503; Europe PMC: HTTP 503"


def test_without_an_index_there_is_an_error():
    """A question cannot be searched nowhere."""
    with pytest.raises(ProviderError, match="no index"):
        list(fetch([PAIN], (), known_ids=nothing))


CHILD = """
import json, sys
from pathlib import Path
from model.evidence.fetching import fetch
from model.evidence.indexes import indexes
from model.evidence.search import Query, QueryKind

folder, url = Path(sys.argv[1]), sys.argv[2]
held = folder / "held.jsonl"
known = {json.loads(line) for line in held.read_text().splitlines()} if held.exists() else set()
indexed = indexes(folder, email="someone@example.org", api_key="secret", pubmed_url=url)
asked = [Query(QueryKind.CONDITION, '"low back pain"[Title/Abstract]')]
for fetched in fetch(asked, indexed, known_ids=lambda ids: known & set(ids), batch_size=4):
    with held.open("a") as file:
        file.writelines(json.dumps(paper.pmid) + "\\n" for paper in fetched.papers)
    if fetched.searches:
        (folder / "searched").touch()
    print("written", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_search_goes_on_where_it_was(tmp_path):
    """Killed between batches and started again, a search loses nothing and fetches nothing twice."""
    with literature(PAPERS) as server:
        assert run_until(tmp_path, server, batches=2) == "killed"
        assert not (tmp_path / "searched").exists()
        before = (tmp_path / "held.jsonl").read_text().splitlines()
        assert len(before) == 8
        assert run_until(tmp_path, server, batches=1) == "killed"
        assert run_until(tmp_path, server, batches=None) == "ended"
        held = [json.loads(line) for line in (tmp_path / "held.jsonl").read_text().splitlines()]
        assert sorted(held) == sorted(ARTICLES)
        assert sorted(fetched_ids(server)) == sorted(ARTICLES)
        assert (tmp_path / "searched").exists()


def run_until(folder: Path, server, *, batches: int | None) -> str:
    """Run the child, and kill it outright when it has written so many batches."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), server.pubmed_url],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'fhir'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        written = 0
        while child.stdout.readline():
            written += 1
            if written == batches:
                child.kill()
                return "killed"
            child.stdin.write("go on\n")
            child.stdin.flush()
        assert child.wait() == 0
    return "ended"


def test_no_word_of_a_query_is_in_a_url(tmp_path):
    """The address line of every request is the same for all questions."""
    with literature(PAPERS) as server:
        server.will("esearch", status(503), times=2)
        list(fetch([PAIN], providers(server, tmp_path), known_ids=nothing))
        assert all(re.fullmatch(r"POST /[a-zA-Z./-]+ HTTP/1.1", asked.line) for asked in server.asked)

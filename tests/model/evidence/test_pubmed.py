"""PubMed as a provider, against a server that speaks E-utilities."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.evidence.indexes import indexes
from model.evidence.pubmed import MOST_RECORDS, PubMed
from model.evidence.search import ProviderError, Query, QueryKind
from model.evidence.transport import Limits
from tests.fake_literature import (
    JSON,
    NO_HISTORY,
    Invented,
    article_set,
    cut_off,
    endless,
    esearch,
    expired,
    literature,
    reply,
    status,
)

QUERY = Query(QueryKind.CONDITION, '"imaging"[Title/Abstract]')
TODAY = date(2026, 11, 26)
QUICK = Limits(attempts=2, first_pause_s=0.0)


class Canned:
    """A transport that gives one body to every question, and keeps the questions."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked: list[dict[str, str]] = []

    def post(self, _path, fields, read):
        """What is made of the body."""
        self.asked.append(dict(fields))
        return read(self.body)


def canned(body: bytes, **members) -> PubMed:
    return PubMed(Canned(body), email="someone@example.org", today=lambda: TODAY, **members)


def real(server, folder, **members):
    pubmed, _ = indexes(
        folder,
        email="someone@example.org",
        pubmed_url=server.pubmed_url,
        limits=QUICK,
        today=lambda: TODAY,
        **members,
    )
    return pubmed


def test_a_search_tells_what_was_found_and_how(tmp_path):
    """The result holds the ids in PubMed's order, how many there are, PubMed's reading and the day."""
    with literature(
        [Invented("101"), Invented("102"), Invented("103", title="Other", sections=())]
    ) as server:
        found = real(server, tmp_path).search(QUERY, at_most=1)
    assert (found.ids, found.total, found.provider) == (("102",), 2, "PubMed")
    assert (found.query, found.searched_on) == (QUERY, TODAY)
    assert found.translation == f"read as {QUERY.text}"


@pytest.mark.parametrize(("key", "sent"), [(None, {}), ("secret", {"api_key": "secret"})])
def test_every_request_says_who_asks(tmp_path, key, sent):
    """The tool and the address to write to go with each request, a key where there is one."""
    with literature([Invented("101")]) as server:
        pubmed = real(server, tmp_path, api_key=key)
        pubmed.search(QUERY, at_most=5)
        list(pubmed.papers(["101"]))
        expected = {"tool": "apposite", "email": "someone@example.org", "db": "pubmed"} | sent
        assert len(server.asked) == 2
        for asked in server.asked:
            assert expected.items() <= asked.fields.items()
            assert ("api_key" in asked.fields) == (key is not None)
    assert server.asked[0].fields["sort"] == "relevance"


def test_papers_come_two_hundred_a_request_each_once():
    """Ids are asked for in batches, twice-named ones once; a paper that was not asked for is not given."""
    transport = Canned(article_set(Invented(str(n)).xml for n in (*range(1, 301), 300, 999)))
    pubmed = PubMed(transport, email="someone@example.org")
    ids = [str(n) for n in range(1, 301)]
    assert [paper.pmid for paper in pubmed.papers([*ids, "7", "10.1000/x", "0", "no id"])] == ids
    assert [len(asked["id"].split(",")) for asked in transport.asked] == [200, 100]


def test_books_and_unknown_ids_have_no_paper(tmp_path):
    """What PubMed does not have, or has as a book, is not given, and no error."""
    with literature([Invented("101"), Invented("102", book=True)]) as server:
        assert [paper.pmid for paper in real(server, tmp_path).papers(["102", "101", "555"])] == ["101"]


def test_nothing_asked_is_nothing_sent():
    """No request leaves for no ids."""
    pubmed = canned(b"")
    assert list(pubmed.papers([])) == []


def test_the_ceiling_is_known_and_said(tmp_path):
    """More papers than PubMed ever names are not asked for, and the result says that there are more."""
    with literature(Invented(str(number)) for number in range(1, 10_201)) as server:
        found = real(server, tmp_path, api_key="secret").search(QUERY, at_most=15_000)
        pages = server.asked_of("history")
    assert found.ids == tuple(str(number) for number in range(10_200, 201, -1))
    assert len(found.ids) == MOST_RECORDS == 9_999
    assert found.total == 10_200
    assert found.notes == ("PubMed names at most 9,999 papers",)
    assert [(each.fields["retstart"], each.fields["retmax"]) for each in pages][-1] == ("9000", "999")


def many(count=2_500):
    return literature(Invented(str(number)) for number in range(1, count + 1))


NEWEST = tuple(str(number) for number in range(2_500, 0, -1))


def test_many_ids_are_read_page_by_page_from_the_history(tmp_path):
    """One search, whose result stays at PubMed; its pages come in order, and no list of ids is ever sent."""
    with many() as server:
        found = real(server, tmp_path, api_key="secret").search(QUERY, at_most=2_200)
        (search,), pages = server.asked_of("esearch"), server.asked_of("history")
    assert (found.ids, found.notes) == (NEWEST[:2_200], ())
    assert (search.fields["usehistory"], search.fields["retmax"]) == ("y", "1000")
    assert [(each.fields["retstart"], each.fields["retmax"]) for each in pages] == [
        ("1000", "1000"),
        ("2000", "200"),
    ]
    assert all("id" not in each.fields and each.fields["rettype"] == "uilist" for each in pages)
    assert all(each.fields["email"] == "someone@example.org" for each in pages)


@pytest.mark.parametrize(("count", "at_most"), [(2_500, 1_000), (2_500, 25), (900, 5_000)])
def test_a_search_that_fits_into_a_page_is_one_request(tmp_path, count, at_most):
    """Few that are wanted need no history, and few that are found no further page."""
    with many(count) as server:
        found = real(server, tmp_path).search(QUERY, at_most=at_most)
        assert len(found.ids) == min(count, at_most)
        assert len(server.asked) == 1
        assert ("usehistory" in server.asked[0].fields) == (at_most > 1_000)


@pytest.mark.parametrize(
    "faults",
    [
        (expired,),
        (reply(NO_HISTORY),),
        (reply(b"2\n1\n", "text/plain"),),
        (reply(b"", "text/plain"),),
        (reply(b"<html>busy</html>", "text/html"),),
        (reply(b"5\n" * 1_400, "text/plain"),),
        (endless(50_000_000),),
        (status(503), status(503)),
        (cut_off, cut_off),
    ],
)
@pytest.mark.parametrize("pages_before", [0, 1])
def test_a_history_that_is_lost_costs_a_search_and_no_paper(tmp_path, faults, pages_before):
    """Expired, refused, cut short or silent: the ids are asked for in one list, and the result says so."""
    with many() as server:
        first = [lambda handler: handler._page(server.asked[-1].fields)] * pages_before  # noqa: SLF001
        server.will("history", *first, *faults)
        found = real(server, tmp_path, api_key="secret").search(QUERY, at_most=2_400)
        again = server.asked_of("esearch")[1]
    assert found.ids == NEWEST[:2_400]
    assert found.notes == ("PubMed no longer knew the search; it was made again",)
    assert again.fields["retmax"] == "2400"
    assert "usehistory" not in again.fields


def test_a_reply_without_a_history_is_no_loss(tmp_path):
    """A mirror that keeps none is asked for the list."""
    with many() as server:
        server.will("esearch", reply(esearch(NEWEST[:1_000], 2_500), JSON))
        assert real(server, tmp_path).search(QUERY, at_most=2_500).ids == NEWEST
        assert server.asked_of("history") == ()


def test_a_history_that_is_lost_with_pubmed_is_an_error(tmp_path):
    """Half a result is never given out."""
    with many() as server:
        server.will("history", expired)
        server.will("esearch", lambda handler: handler._esearch(server.asked[-1].fields))  # noqa: SLF001
        server.will("esearch", status(400))
        with pytest.raises(ProviderError, match=r"^PubMed: HTTP 400$"):
            real(server, tmp_path).search(QUERY, at_most=2_500)


def test_warnings_are_kept():
    """What PubMed did not find or ignored of a query stands in the result."""
    body = esearch(
        [],
        0,
        errorlist={"phrasesnotfound": ["zzz"], "fieldsnotfound": ["Mood"]},
        warninglist={
            "phrasesignored": [],
            "quotedphrasesnotfound": ['"zz z"'],
            "outputmessages": ["No items found."],
        },
    )
    assert canned(body).search(QUERY, at_most=5).notes == (
        "phrase not found: zzz",
        "field not found: Mood",
        'quoted phrase not found: "zz z"',
        "message: No items found.",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"API rate limit exceeded","count":"11"}',
        b'{"esearchresult":{"ERROR":"Search Backend failed"}}',
        b'{"esearchresult":{"count":"many","idlist":[]}}',
        b'{"esearchresult":[]}',
        b"<html>busy</html>",
        b"[" * 100_000,
        b"9" * 100_000,
        b"",
    ],
)
def test_an_error_with_status_200_is_an_error(tmp_path, body):
    """A body that is no result is asked for again, then reported without its words."""
    with literature() as server:
        server.will("esearch", reply(body, JSON), times=2)
        with pytest.raises(ProviderError, match=r"^PubMed: [a-z ]+(?:JSON|JSON object)?$"):
            real(server, tmp_path).search(QUERY, at_most=5)
        assert len(server.asked) == 2


def test_a_mislabelled_charset_does_no_harm(tmp_path):
    """A header that names another charset than the XML has is not believed."""
    body = article_set([Invented("101", title="Röntgen of the knee").xml])
    with literature() as server:
        server.will("efetch", reply(body, "text/xml; charset=iso-8859-1"))
        (paper,) = real(server, tmp_path).papers(["101"])
    assert paper.title == "Röntgen of the knee"


def test_a_rate_limit_is_waited_for(tmp_path):
    """A 429 costs time and no paper."""
    with literature([Invented("101")]) as server:
        server.will("efetch", status(429, Retry_After="0"))
        assert [paper.pmid for paper in real(server, tmp_path).papers(["101"])] == ["101"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["1", "12"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["esearchresult", "count", "idlist", "errorlist", "phrasesnotfound", "warninglist", "ERROR"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.binary()
    | json_values.map(lambda value: json.dumps(value).encode())
    | json_values.map(
        lambda value: json.dumps(
            {"esearchresult": {"count": "3", "idlist": value, "errorlist": value}}
        ).encode()
    )
)
def test_any_reply_gives_a_result_or_an_error(body):
    """No body of a search raises anything but the named error, and ids are PMIDs."""
    try:
        found = canned(body).search(QUERY, at_most=5)
    except ProviderError:
        return
    assert all(each.isdigit() for each in found.ids)

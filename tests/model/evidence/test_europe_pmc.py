"""Europe PMC as a provider, and the HTML of its texts."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.evidence.europe_pmc import EuropePmc, read
from model.evidence.indexes import indexes
from model.evidence.markup import sections_of, text_of
from model.evidence.paper import Section
from model.evidence.search import ProviderError, Query, QueryKind
from model.evidence.transport import Limits
from tests.fake_literature import JSON, Invented, literature, reply

QUERY = Query(QueryKind.CONDITION, '"imaging"[Title/Abstract]')
TODAY = date(2026, 11, 26)


def provider(server, folder):
    limits = Limits(attempts=2, first_pause_s=0.0)
    _, found = indexes(
        folder,
        email="someone@example.org",
        europe_pmc_url=server.europe_pmc_url,
        limits=limits,
        today=lambda: TODAY,
    )
    return found


def paper(**members):
    record = Invented("101").core | members
    (found,) = read(json.dumps({"hitCount": 1, "resultList": {"result": [record]}}).encode())
    return found


def test_a_search_shows_the_query_as_it_was_asked(tmp_path):
    """The query is translated, kept to articles, and stands in the result in the words of Europe PMC."""
    with literature([Invented("101"), Invented("102")]) as server:
        found = provider(server, tmp_path).search(QUERY, at_most=5)
        assert server.asked[0].fields["query"] == found.query.text
    assert found.query == Query(QueryKind.CONDITION, '(TITLE_ABS:"imaging") AND (SRC:MED OR SRC:PMC)')
    assert (found.ids, found.total, found.provider) == (("102", "101"), 2, "Europe PMC")
    assert (found.translation, found.searched_on) == (None, TODAY)


def test_pages_are_followed_to_the_end(tmp_path):
    """The cursor is followed until there are enough ids or no more papers."""
    with literature([Invented(str(n)) for n in range(1, 2501)]) as server:
        europe_pmc = provider(server, tmp_path)
        assert len(europe_pmc.search(QUERY, at_most=3000).ids) == 2500
        assert len(europe_pmc.search(QUERY, at_most=1200).ids) == 1200


def test_a_cursor_that_stands_still_ends_the_search(tmp_path):
    """A server that names the same page for ever is not followed."""
    body = {"hitCount": 9, "nextCursorMark": "*", "resultList": {"result": [{"pmid": "7"}]}}
    with literature() as server:
        server.will("europe-pmc", reply(json.dumps(body).encode(), JSON))
        assert provider(server, tmp_path).search(QUERY, at_most=5).ids == ("7",)


def test_a_cursor_that_never_ends_is_left(tmp_path):
    """New pages that bring no new paper are not followed."""
    bodies = [
        {"hitCount": 9, "nextCursorMark": f"m{n}", "resultList": {"result": [{"pmid": "7"}]}}
        for n in range(4)
    ]
    with literature() as server:
        server.will("europe-pmc", *(reply(json.dumps(body).encode(), JSON) for body in bodies))
        assert provider(server, tmp_path).search(QUERY, at_most=5).ids == ("7",)
        assert len(server.asked) == 2


def test_papers_are_found_by_pmid_and_by_doi(tmp_path):
    """A paper comes under the id by which it was asked for, and once."""
    with literature([Invented(str(n)) for n in range(1, 151)]) as server:
        ids = [str(n) for n in range(1, 151)]
        assert [each.pmid for each in provider(server, tmp_path).papers([*ids, "3", 'x"', "10.1/bad"])] == ids
        assert len(server.asked) == 2


def test_a_paper_without_pmid_is_known_by_its_doi():
    """A DOI is the id of a paper that PubMed does not have."""
    record = Invented("101", doi="10.1000/Only.Here").core
    del record["pmid"]
    body = json.dumps({"hitCount": 1, "resultList": {"result": [record]}}).encode()

    class Canned:
        def post(self, _path, _fields, read):
            """The one reply."""
            return read(body)

    europe_pmc = EuropePmc(Canned())
    assert europe_pmc.search(QUERY, at_most=5).ids == ("10.1000/only.here",)
    (found,) = europe_pmc.papers(["10.1000/only.here"])
    assert (found.pmid, found.doi) == (None, "10.1000/only.here")


def test_a_record_becomes_a_paper():
    """HTML becomes labelled plain text, and the facts are those that PubMed's record would give."""
    found = paper(
        title="Uptake of <sup>18</sup>F &amp; <i>more</i> <script>alert(1)</script>",
        abstractText="<h4>Background</h4>Why &lt;5 mm<h4>Results</h4><p>So\u202e it is, p < 0.05.</p>",
        doi="10.1000/ABC",
        authorList={"author": [{"lastName": "Rossi"}, {"collectiveName": "The Group"}, {}, None]},
    )
    assert found.title == "Uptake of 18F & more"
    assert found.abstract == (Section("Background", "Why <5 mm"), Section("Results", "So it is, p < 0.05."))
    assert found.authors == ("Rossi", "The Group")
    assert (found.pmid, found.doi, found.year, found.journal) == (
        "101",
        "10.1000/abc",
        2021,
        "Journal of Invented Radiology",
    )


@pytest.mark.parametrize(
    ("members", "retracted"),
    [
        ({"pubTypeList": {"pubType": ["Retracted Publication"]}}, True),
        ({"commentCorrectionList": {"commentCorrection": [{"type": "Retraction in"}]}}, True),
        ({"title": "Retracted: an invented study"}, True),
        ({"commentCorrectionList": {"commentCorrection": [{"type": "Erratum in"}]}}, False),
    ],
)
def test_a_retraction_is_seen(members, retracted):
    """A retraction is known by its type, its title or a link to its notice."""
    assert paper(**members).retracted is retracted


def test_books_and_records_without_title_or_id_are_left_out():
    """What cannot be cited is left out, and the record beside it stays."""
    whole = Invented("101").core
    records = [
        whole | {"bookOrReportDetails": {}},
        whole | {"title": "<i></i>"},
        {**whole, "pmid": "x", "doi": "y"},
        None,
        whole,
    ]
    body = json.dumps({"hitCount": 5, "resultList": {"result": records}}).encode()
    assert [each.pmid for each in read(body)] == ["101"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"<html>",
        b'{"version":"6.9","errCode":404,"errMsg":"bad"}',
        b'{"hitCount":-1,"resultList":{}}',
    ],
)
def test_what_is_no_result_is_an_error(tmp_path, body):
    """An error with status 200 is asked for again, then reported without its words."""
    with literature() as server:
        server.will("europe-pmc", reply(body, JSON), times=2)
        with pytest.raises(ProviderError, match=r"^Europe PMC: "):
            provider(server, tmp_path).search(QUERY, at_most=5)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("p < 0.05 and n > 3", "p < 0.05 and n > 3"),
        ("a<br/>b", "a b"),
        ("<style>x{}</style>a", "a"),
        ("CO<sub>2</sub>", "CO2"),
        ("&lt;script&gt;", "<script>"),
        ("a <![if x]> b", "a b"),
        ("<h4>never closed", ""),
    ],
)
def test_markup_becomes_text(markup, text):
    """Tags go, the words between them stay, and what is no tag is text."""
    assert " ".join(text_of(markup).split()) == text


@settings(deadline=None)
@given(st.text() | st.text(alphabet="<>/!h4[]-&;# ab"))
def test_any_markup_is_read(markup):
    """No text whatever stops the reading."""
    text_of(markup)
    assert all(each.text.isprintable() for each in sections_of(markup))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "title",
                    "pmid",
                    "doi",
                    "authorList",
                    "author",
                    "lastName",
                    "journalInfo",
                    "journal",
                    "pubYear",
                    "abstractText",
                    "pubTypeList",
                    "pubType",
                    "meshHeadingList",
                    "meshHeading",
                    "commentCorrectionList",
                    "commentCorrection",
                    "type",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(
    st.binary()
    | values.map(
        lambda record: json.dumps({"hitCount": 1, "resultList": {"result": [record, record]}}).encode()
    )
)
def test_any_bytes_give_papers_or_an_error(body):
    """No body raises anything but the named error, and each paper has a title and an id."""
    try:
        found = read(body)
    except ProviderError:
        return
    assert all(each.title and (each.pmid or each.doi) for each in found)

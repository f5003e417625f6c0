"""PubMed's XML, read without trust: real shapes, hostile ones and any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.evidence.paper import Paper, Section
from model.evidence.pubmed_xml import read
from model.evidence.search import ProviderError
from tests.fake_literature import DOCTYPE, Invented, article_set


def paper(**members) -> Paper:
    (found,) = read(article_set([Invented("101", **members).xml])).papers
    return found


def test_a_record_becomes_a_paper():
    """Everything that the record says of the paper is read, and nothing of the papers that it refers to."""
    found = paper(title="CT of the &lt;5 mm stone", doi="10.1000/AbC.1", mesh=("Humans", "Urolithiasis"))
    assert found == Paper(
        pmid="101",
        doi="10.1000/abc.1",
        title="CT of the <5 mm stone",
        abstract=(Section("RESULTS", "An invented result."),),
        journal="Journal of Invented Radiology",
        year=2021,
        authors=("Rossi",),
        publication_types=("Journal Article",),
        mesh=("Humans", "Urolithiasis"),
        language="eng",
        retracted=False,
    )


def test_a_labelled_abstract_keeps_its_parts():
    """Labels come without their colon, unlabelled text has none, and an empty part is left out."""
    found = paper(
        sections=(("BACKGROUND:", "Why."), (None, "What."), ("RESULTS", "  "), ("CONCLUSIONS", "So."))
    )
    assert found.abstract == (
        Section("BACKGROUND", "Why."),
        Section(None, "What."),
        Section("CONCLUSIONS", "So."),
    )


def test_inline_markup_leaves_its_text():
    """Italics, subscripts and formulas lose their tags and keep their words and order."""
    found = paper(
        title="Uptake of <sup>18</sup>F in <i>vitro</i>",
        sections=(
            (
                "RESULTS",
                'SUV<sub>max</sub> was <mml:math xmlns:mml="m"><mml:mn>4</mml:mn></mml:math> or <b>more</b>.',
            ),
        ),
    )
    assert found.title == "Uptake of 18F in vitro"
    assert found.abstract[0].text == "SUVmax was 4 or more."


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        ("<Year>2021</Year>", 2021),
        ("<MedlineDate>2019 Jan-Feb</MedlineDate>", 2019),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", 1998),
        ("<MedlineDate>Winter</MedlineDate>", None),
        ("<Year>0</Year>", None),
        ("", None),
    ],
)
def test_the_year_is_read_or_unknown(dates, year):
    """A year is found in any of PubMed's ways to date a paper, and is unknown where there is none."""
    assert paper(dates=dates).year == year


def test_groups_are_authors():
    """A collective stands among the authors, an entry marked invalid does not."""
    authors = (
        "<Author ValidYN='Y'><LastName>Rossi</LastName></Author>"
        "<Author ValidYN='N'><LastName>Rosi</LastName></Author>"
        "<Author ValidYN='Y'><CollectiveName>The Invented Trial Group</CollectiveName></Author>"
        "<Author ValidYN='Y'/>"
    )
    assert paper(authors=authors).authors == ("Rossi", "The Invented Trial Group")


def test_a_title_in_another_language_stands_in():
    """A record with an empty title is known by the title of its own language."""
    xml = Invented("101", title="").xml.replace(
        "</PublicationTypeList></Article>",
        "</PublicationTypeList><VernacularTitle>Titolo</VernacularTitle></Article>",
    )
    assert "VernacularTitle" in xml
    assert read(article_set([xml])).papers[0].title == "Titolo"


@pytest.mark.parametrize(
    "members",
    [
        {"types": ("Journal Article", "Retracted Publication")},
        {"types": ("Retraction of Publication",)},
        {"title": "RETRACTED: An invented study"},
        {
            "extra": "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'><PMID>7</PMID>"
            "</CommentsCorrections></CommentsCorrectionsList>"
        },
    ],
)
def test_a_retraction_is_seen(members):
    """A paper is retracted by its type, its title or a link to the notice, and the notice counts as well."""
    assert paper(**members).retracted


def test_a_comment_is_no_retraction():
    """Links of other kinds, and words about retraction in the middle of a title, retract nothing."""
    link = "<CommentsCorrectionsList><CommentsCorrections RefType='ErratumIn'/></CommentsCorrectionsList>"
    assert not paper(title="Why papers are retracted: a survey", extra=link).retracted


def test_books_and_deletions_are_counted():
    """A book is left out and counted, and PMIDs that PubMed removed are named."""
    deleted = "<DeleteCitation><PMID Version='1'>77</PMID></DeleteCitation>"
    reply = read(article_set([Invented("101").xml, Invented("102", book=True).xml, deleted]))
    assert [each.pmid for each in reply.papers] == ["101"]
    assert (reply.books, reply.broken, reply.deleted) == (1, 0, ("77",))


@pytest.mark.parametrize(
    "broken",
    [
        "<PubmedArticle/>",
        Invented("").xml,
        Invented("102").xml.replace("</ArticleTitle>", ""),
        Invented("102").xml.replace("An invented result", "R&undeclared; \x01"),
        Invented("102", title="").xml,
        "<Unheard/>",
    ],
)
def test_a_broken_record_costs_only_itself(broken):
    """Whatever is wrong with one record, those around it are read."""
    reply = read(article_set([Invented("101").xml, broken, Invented("103").xml]))
    assert [each.pmid for each in reply.papers] == ["101", "103"]
    assert reply.broken == 1


def test_bytes_that_are_no_utf_8_break_one_record():
    """A record in a charset that the document does not declare is left out, the others stay."""
    latin = Invented("102", title="Röntgen").xml.encode("latin-1")
    body = article_set([Invented("101").xml, "<!-- here -->"]).replace(b"<!-- here -->", latin)
    assert [each.pmid for each in read(body).papers] == ["101"]


def test_a_declared_charset_is_used():
    """A document that says that it is Latin-1 is read as such."""
    body = (
        article_set([Invented("101", title="Röntgen").xml])
        .decode()
        .replace('"1.0" ', '"1.0" encoding="ISO-8859-1"')
    )
    assert read(body.encode("latin-1")).papers[0].title == "Röntgen"


def test_script_in_a_title_stays_text():
    """What looks like markup is kept as it is written; control and direction characters are not."""
    title = "&lt;script&gt;alert(1)&lt;/script&gt; &#x202E;of &#x9;the\u200b knee&#x2028;joint"
    assert paper(title=title).title == "<script>alert(1)</script> of the knee joint"


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9)).replace("&a0;", "&a;")
    + "]><PubmedArticleSet><PubmedArticle>&a9;</PubmedArticle></PubmedArticleSet>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        '<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&x;</PubmedArticleSet>',
        '<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><PubmedArticleSet>&x;</PubmedArticleSet>',
        '<!DOCTYPE PubmedArticleSet [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]><PubmedArticleSet/>',
    ],
)
def test_entities_are_refused(body):
    """A document that declares an entity, whatever it expands to or points at, is refused as a whole."""
    with pytest.raises(ProviderError, match="declares entities"):
        read(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"error":"API rate limit exceeded"}',
        b"<html><body>down</body></html>",
        f"{DOCTYPE}<eFetchResult><ERROR>ID list is empty</ERROR></eFetchResult>".encode(),
        article_set([Invented("101").xml])[:-60],
        b'<?xml version="1.0" encoding="no-such-charset"?><PubmedArticleSet/>',
    ],
)
def test_what_is_no_set_of_articles_is_an_error(body):
    """An error in place of a reply, or one cut off, is named by a rule."""
    with pytest.raises(ProviderError, match="PubMed"):
        read(body)


def test_a_deeply_nested_reply_is_harmless():
    """A hundred thousand levels of markup are read like any text."""
    title = "<b>" * 100_000 + "deep" + "</b>" * 100_000
    assert paper(title=title).title == "deep"


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_papers_or_an_error(body):
    """No body whatever raises anything but the named error."""
    _read(body)


WHOLE = article_set([Invented("101").xml, Invented("102", book=True).xml])


@settings(deadline=None)
@given(
    st.integers(0, len(WHOLE) - 1),
    st.integers(0, 200),
    st.binary(max_size=20) | st.sampled_from([b"<", b"&a;", b"\x00"]),
)
def test_any_damage_gives_papers_or_an_error(at, length, instead):
    """A reply that is damaged anywhere gives papers that are whole, or the named error."""
    for each in _read(WHOLE[:at] + instead + WHOLE[at + length :]):
        assert each.title
        assert each.pmid or each.doi
        assert each.title.isprintable()


def _read(body: bytes) -> tuple[Paper, ...]:
    try:
        return read(body).papers
    except ProviderError:
        return ()

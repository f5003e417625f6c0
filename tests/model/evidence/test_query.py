"""The queries of a question, and PubMed's query language."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model.evidence
from model.evidence.boolean import LONGEST_QUERY, Joined, QueryError, Term, europe_pmc_query, parse
from model.evidence.paper import EvidenceQuestion
from model.evidence.query import queries
from model.evidence.query_words import MESH_TERMS
from model.evidence.search import QueryKind
from terminology.findings import vocabulary
from terminology.procedures import catalogue

LUMBAR_MRI = "mr-lumbar-spine-wo"
WORDS = Path(model.evidence.__file__).parent / "search_words"


def asked(condition: str, *, procedure: str = LUMBAR_MRI, synonyms=(), related=()) -> dict[QueryKind, str]:
    found = queries(EvidenceQuestion(condition, procedure, tuple(synonyms), tuple(related)))
    return {query.kind: query.text for query in found}


def terms(node: Term | Joined) -> list[Term]:
    if isinstance(node, Term):
        return [node]
    return [term for part in (node.first, *(part for _, part in node.rest)) for term in terms(part)]


def test_each_angle_has_its_query():
    """A question with synonyms and related conditions is asked in all six ways, in their order."""
    found = asked("low back pain", synonyms=["lumbago"], related=["back pain"])
    assert list(found) == list(QueryKind)
    assert found[QueryKind.CONDITION].startswith(
        '("Low Back Pain"[MeSH Terms] OR "low back pain"[Title/Abstract]) AND ("Diagnostic Imaging"[MeSH Terms]'
    )
    assert '"lumbago"[Title/Abstract]' in found[QueryKind.SYNONYMS]
    assert '"Back Pain"[MeSH Terms]' in found[QueryKind.RELATED]
    assert '"Practice Guideline"[Publication Type]' in found[QueryKind.IMAGING]
    assert '"Magnetic Resonance Imaging"[MeSH Terms]' in found[QueryKind.PROCEDURE]
    assert '"lumbar spine"[Title/Abstract]' in found[QueryKind.PROCEDURE]
    assert '"versus"[Title/Abstract]' in found[QueryKind.PICO]


def test_every_query_asks_for_recent_english_abstracts_about_people():
    """Each query is limited by language, year and species."""
    for text in asked("low back pain", synonyms=["lumbago"]).values():
        assert text.endswith(
            "AND english[Language] AND 2013:3000[Date - Publication] AND hasabstract "
            'NOT ("Animals"[MeSH Terms] NOT "Humans"[MeSH Terms])'
        )


@pytest.mark.parametrize(
    ("condition", "first"),
    [
        (
            "known or suspected osteomyelitis",
            '("Osteomyelitis"[MeSH Terms] OR "osteomyelitis"[Title/Abstract])',
        ),
        ("Low back pain, unspecified", '("Low Back Pain"[MeSH Terms] OR "low back pain"[Title/Abstract])'),
        ("Ménière's disease", '("meniere\'s disease"[Title/Abstract])'),
        ("sudden severe (worst ever) toothache", '("sudden severe toothache"[Title/Abstract])'),
        (
            "displaced fracture of the shaft of the ulna",
            '(("displaced"[Title/Abstract] AND "fracture"[Title/Abstract] AND "shaft"[Title/Abstract] AND "ulna"[Title/Abstract]))',
        ),
    ],
)
def test_a_condition_is_asked_by_heading_and_words(condition, first):
    """A name loses what qualifies it, gains its heading, and is asked word by word where it is long."""
    assert asked(condition)[QueryKind.CONDITION].startswith(f"{first} AND ")


def test_a_condition_without_heading_is_helped_by_its_synonyms():
    """Where no heading gathers the ways to say it, the first telling synonyms are asked beside the name."""
    found = asked("mass or enlarged nodes of the neck", synonyms=["nm", "neck mass"])
    assert 'OR "neck mass"[Title/Abstract]) AND' in found[QueryKind.CONDITION]
    assert '"nm"' not in "".join(found.values())


def test_what_no_paper_is_about_is_not_related():
    """A broader finding of ours that is no subject of papers is left out, and so is an angle without words."""
    assert QueryKind.RELATED not in asked("thunderclap headache", related=["a red flag"])
    assert QueryKind.SYNONYMS not in asked("headache", synonyms=["ha", "!"])


def test_an_act_is_asked_by_its_words():
    """A procedure that is no imaging is asked by the words of its name."""
    found = asked("renal mass", procedure="none-biopsy-renal-mass")
    assert '"biopsy"[Title/Abstract] AND "renal"[Title/Abstract]' in found[QueryKind.PROCEDURE]


def test_a_technique_is_asked_beside_the_modality():
    """What sets a study apart from others of its modality stands in the query."""
    found = asked("shoulder pain", procedure="ct-arthrography-shoulder")
    assert '"Arthrography"[MeSH Terms]' in found[QueryKind.PROCEDURE]
    assert '"Tomography, X-Ray Computed"[MeSH Terms]' in found[QueryKind.PROCEDURE]


def test_no_two_queries_are_the_same():
    """A question that gives two angles the same words asks them once."""
    found = asked("fluttering", synonyms=["fluttering"])
    assert len(set(found.values())) == len(found)


def test_a_condition_without_words_is_not_asked():
    """Where nothing is legible there is no query, rather than one about imaging at large."""
    assert queries(EvidenceQuestion("— ?! (…)", LUMBAR_MRI)) == ()


@pytest.mark.parametrize(
    "name",
    [
        'pain" OR "cancer"[MeSH Terms] OR "x',
        "pain) OR (all[sb]",
        "pain AND 1900:3000[dp]",
        "pain* NOT humans[mh]",
        "a\u201d OR b",
        "[Title]",
        "x" * 5_000,
        "pain " * 2_000,
        "AND",
        "OR NOT AND OR",
    ],
)
def test_words_can_be_no_syntax(name):
    """Whatever stands in a name becomes words in quotation marks under the two fields that are ours."""
    honest = asked("toothache", synonyms=["odontalgia"], related=["jaw ache"])
    for texts in (asked(name), asked("toothache", synonyms=[name], related=[name])):
        for kind, text in texts.items():
            assert len(text) <= LONGEST_QUERY
            fields = {term.field for term in terms(parse(text))}
            assert fields <= {term.field for term in terms(parse(honest[kind]))}
            named = text.split(") AND (")[0]
            assert set(named.split('"')[2::2]) <= {
                "[Title/Abstract] AND ",
                "[Title/Abstract] OR ",
                "[Title/Abstract] OR (",
                "[Title/Abstract]",
                "[Title/Abstract])",
                "[Title/Abstract]) OR ",
                "[MeSH Terms] OR ",
            }


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=8), st.lists(st.text(), max_size=8))
def test_any_words_give_queries(condition, synonyms, related):
    """Any text gives queries that are whole, short and the same for Europe PMC."""
    for text in asked(condition, synonyms=synonyms, related=related).values():
        assert len(text) <= LONGEST_QUERY
        assert text.isascii()
        assert europe_pmc_query(text).count("(") == europe_pmc_query(text).count(")")


def test_every_procedure_and_finding_can_be_asked():
    """No entry of the catalogue and no finding lacks a query, and none is too long or malformed."""
    findings = list(vocabulary())
    for index, procedure in enumerate(catalogue()):
        finding = findings[index % len(findings)]
        found = asked(finding.name, procedure=procedure.id, synonyms=finding.phrases[:6])
        assert {QueryKind.CONDITION, QueryKind.PROCEDURE} <= set(found)
        for text in found.values():
            parse(text)


def test_the_tables_name_what_there_is():
    """Every id in the tables is one of ours, and a heading is plain words."""
    procedures = list(catalogue())
    known = {
        "finding": {finding.id for finding in vocabulary()},
        "modality": {each.modality.value for each in procedures},
        "technique": {technique for each in procedures for technique in each.techniques},
        "region": {region for each in procedures for region in each.regions},
        "angle": {"imaging", "guidance", "comparison", "outcome"},
    }
    for name, column in (("mesh.csv", "heading"), ("words.csv", "words")):
        rows = list(csv.DictReader((WORDS / name).read_text(encoding="utf-8").splitlines()))
        for row in rows:
            assert row["id"] in known[row["kind"]], row
            assert parse(f'"{row[column]}"[{MESH_TERMS}]') == Term(row[column], "mesh terms")
        assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_mesh_is_sorted():
    """The table of headings is in order, so that a change shows as one line."""
    lines = (WORDS / "mesh.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [tuple(each) for each in csv.reader(lines)] == sorted(tuple(each) for each in csv.reader(lines))


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ('"low back pain"[Title/Abstract]', 'TITLE_ABS:"low back pain"'),
        ('"Low Back Pain"[MeSH Terms]', 'KW:"Low Back Pain"'),
        ("pain", 'TITLE_ABS:"pain"'),
        ("radiograph*[tiab]", "TITLE_ABS:radiograph*"),
        ("a AND b AND c", '(TITLE_ABS:"a" AND TITLE_ABS:"b" AND TITLE_ABS:"c")'),
        ("a AND b OR c", '((TITLE_ABS:"a" AND TITLE_ABS:"b") OR TITLE_ABS:"c")'),
        ("(a OR b) NOT c", '((TITLE_ABS:"a" OR TITLE_ABS:"b") NOT TITLE_ABS:"c")'),
        ("english[Language] AND 2013:3000[dp]", "(LANG:eng AND PUB_YEAR:[2013 TO 3000])"),
        ("hasabstract", "HAS_ABSTRACT:Y"),
        ('"Meta-Analysis"[Publication Type]', 'PUB_TYPE:"Meta-Analysis"'),
    ],
)
def test_a_query_is_translated(text, translated):
    """Each field has its counterpart, and the order of PubMed's operators is kept by parentheses."""
    assert europe_pmc_query(text) == translated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "()",
        "(a",
        "a)",
        "a AND",
        "AND a",
        "a b",
        "a OR OR b",
        '"a',
        '""',
        '"a"[Nonsense]',
        "a[",
        "a & b",
        "[tiab]",
        "a AND [tiab]",
        "a\x00b",
        "(" * 21 + "a" + ")" * 21,
        "(" * 500,
        "a AND " * 166 + "abcdef",
        "and AND b",
        '"a"[tiab][mh]',
    ],
)
def test_what_is_no_query_is_an_error(text):
    """A text with a gap, an unknown field, stray characters or too much of anything is no query."""
    with pytest.raises(QueryError):
        parse(text)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='ab()[]"ANDORT /*:', max_size=60))
def test_any_text_is_a_query_or_none(text):
    """Reading any text gives a query, which can be translated, or the named error."""
    try:
        parse(text)
    except QueryError:
        return
    assert europe_pmc_query(text)

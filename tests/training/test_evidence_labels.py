"""The files of labelled papers that a site trains on: what is read of them, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evidence.paper import Paper, Section
from tests.training.labelled import labelled, write_csv, write_json
from training.evidence_labels import LabelsError, read_labels

STORED = {
    "7": Paper("7", None, "A stored paper", (Section("METHODS", "A cohort."),)),
    "8": Paper("8", None, "A retracted paper", retracted=True),
}


def nothing(_pmids):
    """A store that has none of the papers."""
    return {}


def file(folder, *lines):
    path = folder / "labels.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refused(path):
    with pytest.raises(LabelsError) as raised:
        read_labels(path, nothing)
    return str(raised.value)


def bare(each):
    """What a file says of a paper."""
    return replace(each, paper=replace(each.paper, pmid=None, language=None))


def test_csv_and_json_say_the_same(tmp_path):
    """Sections, types, headings and years arrive in both ways of writing."""
    expected = [bare(each) for each in labelled()]
    in_json = read_labels(write_json(tmp_path / "labels.jsonl", labelled()), nothing)
    assert list(in_json.papers) == expected
    in_csv = read_labels(write_csv(tmp_path / "labels.csv", labelled()), nothing)
    assert [(each.paper.title, each.level) for each in in_csv.papers] == [
        (each.paper.title, each.level) for each in expected
    ]
    same = sum(one == other for one, other in zip(in_csv.papers, expected, strict=True))
    assert same >= 145  # a label in small letters cannot be told from a sentence


def test_a_pmid_alone_is_looked_up(tmp_path):
    """What is not found or was retracted is left out and counted; a text in the row needs no store."""
    asked = []

    def look_up(pmids):
        asked.extend(pmids)
        return {each: STORED[each] for each in pmids if each in STORED}

    path = file(
        tmp_path,
        "pmid,level,title,abstract",
        "7,3",
        "8,2",
        "9,1",
        "10,4,Own title,Own abstract.",
        "11,2,Bare",
    )
    found = read_labels(path, look_up)
    assert asked == ["7", "8", "9", "11"]
    assert [(each.paper.title, int(each.level)) for each in found.papers] == [
        ("A stored paper", 3),
        ("Own title", 4),
        ("Bare", 2),
    ]
    assert (found.not_found, found.retracted, found.repeated) == (1, 1, 0)


def test_a_paper_counts_once(tmp_path):
    """The same label again is dropped, and another label for the same paper is an error with both lines."""
    lines = (
        "title,abstract,level,year",
        "One study,Text.,2,2020",
        "Another,Text.,3,2020",
        "ONE STUDY.,Text.,{},2021",
    )
    found = read_labels(file(tmp_path, *(each.format(2) for each in lines)), nothing)
    assert ([each.paper.title for each in found.papers], found.repeated) == (["One study", "Another"], 1)
    said = refused(file(tmp_path, *(each.format(4) for each in lines)))
    assert said.startswith("labels.csv: lines 2 and 4: one paper has several levels; ")


def test_a_pmid_with_two_levels_is_refused_though_it_is_looked_up_once(tmp_path):
    """The paper that the store gives both lines is one paper."""

    def look_up(pmids):
        return dict.fromkeys(pmids, STORED["7"])

    again = read_labels(file(tmp_path, "pmid,level", "7,3", "7,3"), look_up)
    assert (len(again.papers), again.repeated) == (1, 1)
    with pytest.raises(LabelsError, match="lines 2 and 3: one paper has several levels"):
        read_labels(file(tmp_path, "pmid,level", "7,3", "7,2"), look_up)


def test_spreadsheets_are_read_as_they_come(tmp_path):
    """A byte order mark, semicolons, blank rows and other columns do no harm."""
    path = file(tmp_path, "\ufeffLevel;Title;Abstract;Remark", "2;A, b;Text.;x", ";;;", "", "3;C;Text.;", "")
    assert [each.paper.title for each in read_labels(path, nothing).papers] == ["A, b", "C"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("pmid,grade", "7,3"), "labels.csv:1: needs a column level, and a column pmid or title"),
        (("level", "3"), "labels.csv:1: needs a column level, and a column pmid or title"),
        (("",), "labels.csv:1: needs a column level, and a column pmid or title"),
        (("pmid,level", "7,3", "8,high"), "labels.csv:3: level: must be 1, 2, 3 or 4"),
        (("pmid,level", "7,0"), "labels.csv:2: level: must be 1, 2, 3 or 4"),
        (("pmid,level", "PMC7,1"), "labels.csv:2: pmid: must be a PMID"),
        (("pmid,level,title", ",1,"), "labels.csv:2: needs a pmid, or a title with its abstract"),
        (('{"level": 1, "pmid": 7}', "[]"), "labels.csv:2: is no JSON object"),
        (('{"level": true, "pmid": 7}',), "labels.csv:1: level: must be 1, 2, 3 or 4"),
        (("{",), "labels.csv:1: is no JSON object"),
    ],
)
def test_a_mistake_is_named_by_line_and_rule(tmp_path, lines, said):
    """Never by what stands there."""
    assert refused(file(tmp_path, *lines)) == said


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A spreadsheet program's own format is no CSV."""
    path = tmp_path / "labels.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    assert refused(path) == "labels.csv: cannot be read as UTF-8 text"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 5) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["level", "pmid", "title", "abstract", "text", "label", "mesh", "year", "doi"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values.map(json.dumps) | st.text(max_size=20), max_size=3))
def test_any_file_gives_labels_or_the_error(tmp_path_factory, lines):
    """No file raises anything else."""
    path = file(tmp_path_factory.mktemp("any"), *lines)
    try:
        found = read_labels(path, nothing)
    except (LabelsError, UnicodeEncodeError):
        return
    assert all(each.paper.title for each in found.papers)

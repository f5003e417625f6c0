from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.index_import import Entry, ImportReport, IndexImportError, import_index, read_entries
from terminology.retrieval import Retriever

CSV = (
    "RowID,Letter,Level,Term,See,SeeAlso,NonEssModif,Code\n"
    "1,Z,0,Zigzag pain,,,(dull),\n"
    '2,Z,1,"knee, wobbly",,,,M25.56-\n'
    "3,Z,2,left,,,,M25.562\n"
    "4,Z,1,elsewhere,Pain,,,\n"
    "5,Z,0,Zoster of a year to come,,,,A98.77\n"
)
XML = """<?xml version="1.0"?>
<ICD10CM.index><version>2026</version><letter><title>Z</title>
<mainTerm><title>Zigzag pain <nemod>(dull)</nemod></title>
 <term level="1"><title>knee, wobbly</title><code>M25.56-</code>
  <term level="2"><title>left</title><code>M25.562</code></term></term>
 <term level="1"><title>elsewhere</title><see>Pain</see></term></mainTerm>
<mainTerm><title>Zoster of a year to come</title><code>A98.77</code></mainTerm>
</letter></ICD10CM.index>"""
ENTRIES = (
    Entry("Zigzag pain (dull) knee, wobbly", "M25.56"),
    Entry("Zigzag pain (dull) knee, wobbly left", "M25.562"),
    Entry("Zoster of a year to come", "A98.77"),
)


@pytest.mark.parametrize("content", [CSV, XML, "\N{BYTE ORDER MARK}" + CSV])
def test_both_forms_give_the_same_entries(content: str) -> None:
    """A name is the main term with the sub-terms below it; what only points elsewhere is left out."""
    assert read_entries(content.encode()) == ENTRIES


def test_an_import_makes_an_index_that_finds_the_new_names(tmp_path: Path) -> None:
    """The bundled terms are in it too; a code of another year is counted and left out."""
    (tmp_path / "index.csv").write_text(CSV, encoding="utf-8")
    report = import_index(tmp_path / "index.csv", tmp_path / "terms.idx.gz")
    assert report == ImportReport(entries=3, added=2, unknown_codes=1)
    searched = Retriever.load(tmp_path / "terms.idx.gz")
    found = searched.search("zigzag pain knee wobbly left")[0]
    assert (found.code, found.matched_term) == ("M25.562", "Zigzag pain (dull) knee, wobbly left")
    assert searched.search("headache")[0].code[:3] == "R51"


BOMB = (
    '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>'
    "<a><mainTerm><title>&c;</title><code>A00</code></mainTerm></a>"
)
ELSEWHERE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "column"),
        ("Level,Term\n1,2\n", "column"),
        (CSV.splitlines()[0], "no entry"),
        (CSV.replace("1,Z,0", "1,Z,x"), "Level"),
        ("<a><b></a>", "well-formed"),
        ("<a/>", "no entry"),
        (BOMB, "entities"),
        (ELSEWHERE, "entities"),
        ("<a>" * 40 + "</a>" * 40, "deep"),
        (CSV + '6,Z,0,"open', "row"),
    ],
)
def test_a_file_of_another_kind_is_one_named_error(content: str, rule: str) -> None:
    """The error names the rule; nothing is fetched and no entity is put in."""
    with pytest.raises(IndexImportError, match=rule):
        read_entries(content.encode())


def test_bytes_that_are_no_text_are_an_error() -> None:
    """The index is UTF-8."""
    with pytest.raises(IndexImportError, match="UTF-8"):
        read_entries(b"\xff\xfe\x00")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"<{text}".encode())))
def test_any_content_gives_entries_or_the_named_error(content: bytes) -> None:
    """Nothing else can come out."""
    with suppress(IndexImportError):
        assert read_entries(content)


@given(st.text(max_size=80))
def test_any_row_of_a_csv_gives_entries_or_the_named_error(row: str) -> None:
    """A damaged row never raises anything else."""
    with suppress(IndexImportError):
        assert read_entries((CSV + row).encode())

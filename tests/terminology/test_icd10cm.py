import gzip
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.icd10cm import EDITION, Icd10cmTable, Standing, icd10cm
from terminology.sorted_table import TABLES, SortedTable


@pytest.mark.parametrize("written", ["M54.50", "M5450", "m54.50", " m5450 "])
def test_a_code_is_known_however_it_is_written(written: str) -> None:
    """Dot, case and surrounding space do not matter."""
    found = icd10cm().get(written)
    assert found is not None
    assert (found.code, found.standing, found.billable) == ("M54.50", Standing.BILLABLE, True)
    assert found.parents == ("M54.5", "M54", "M50-M54", "13")
    assert "Loin pain" in found.inclusion_terms


@pytest.mark.parametrize("stem", ["M54.5", "S83.511", "R51"])
def test_a_stem_is_given_as_a_stem(stem: str) -> None:
    """A heading, retired as a code of its own or lacking its seventh character, is not billable."""
    found = icd10cm().get(stem)
    assert found is not None
    assert (found.code, found.standing, found.billable) == (stem, Standing.STEM, False)


@pytest.mark.parametrize(("asked", "held"), [("M54.599", "M54.59"), ("Z99.99", "Z99"), ("I64", None)])
def test_what_the_edition_lacks_is_answered_by_a_heading_it_has(asked: str, held: str | None) -> None:
    """The nearest heading is flagged as an ancestor; without a category there is no answer."""
    found = icd10cm().get(asked)
    if held is None:
        assert found is None
    else:
        assert found is not None
        assert (found.code, found.standing) == (held, Standing.ANCESTOR)


def test_a_category_under_a_block_of_its_own_name_has_parents() -> None:
    """The source gives such a block the category's name; here it is a range."""
    found = icd10cm().get("C50")
    assert found is not None
    assert found.parents == ("C50-C50", "2")
    assert icd10cm().title("C50-C50") == "Malignant neoplasms of breast (C50)"


@given(st.text(max_size=12))
def test_any_text_gives_a_code_of_the_table_or_none(text: str) -> None:
    """No code is made up, and nothing raises."""
    found = icd10cm().get(text)
    assert found is None or icd10cm().title(found.code) == found.title


def test_every_row_is_found_and_leads_to_a_chapter() -> None:
    """Halving reaches first, last and sampled rows, and no heading is missing."""
    lines = SortedTable.load("icd10cm.tsv.gz").text.decode().splitlines()
    for line in [lines[0], *lines[1::997], lines[-1]]:
        code, _, billable, title, *_ = line.split("\t")
        assert icd10cm().title(code) == title
        found = icd10cm().get(code)
        if found:
            assert found.billable == (billable == "1")
            assert found.parents[-1].isdigit()


def test_a_table_of_another_order_is_not_searched_wrongly() -> None:
    """The look-up depends on the order of bytes, as this table of two rows shows."""
    rows = SortedTable(b"A00\t\t0\tfirst\t\t\nA000\tA00\t1\tsecond\t\t\n")
    found = Icd10cmTable(rows).get("A00.0")
    assert found is not None
    assert (found.title, found.parents) == ("second", ("A00",))


def test_the_tables_are_those_of_the_manifest() -> None:
    """Each table, unpacked, has the digest the build step wrote."""
    manifest = json.loads((TABLES / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["edition"] == EDITION
    for name, digest in manifest["sha256"].items():
        content = gzip.decompress((TABLES / f"{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == digest, name

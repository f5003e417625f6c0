import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.icd9cm import GemTarget, icd9cm


def test_every_target_of_a_source_is_kept() -> None:
    """Headache leads to two codes, both approximately."""
    assert icd9cm().to_icd10cm("7840") == tuple(
        GemTarget(code, approximate=True, no_map=False, combination=False, scenario=0, choice_list=0)
        for code in ("G44.1", "R51")
    )


def test_an_exact_target_is_not_approximate() -> None:
    """Lumbago is low back pain."""
    (target,) = icd9cm().to_icd10cm("724.2")
    assert (target.code, target.approximate) == ("M54.5", False)


def test_a_combination_keeps_its_scenarios_and_choice_lists() -> None:
    """Of a combination, one target of each choice list belongs together."""
    targets = [target for target in icd9cm().to_icd10cm("115.11") if target.combination]
    assert {target.choice_list for target in targets} == {1, 2}
    assert all(target.scenario >= 1 for target in targets)


def test_a_source_without_a_map_says_so() -> None:
    """The target is `None` and flagged, which is not the same as a source nobody knows."""
    (target,) = icd9cm().to_icd10cm("365.70")
    assert (target.code, target.no_map) == (None, True)
    assert icd9cm().to_icd10cm("999.99999") == ()


def test_the_way_back_has_its_own_rows() -> None:
    """ICD-10-CM to ICD-9-CM is a table of its own, and dots are set as ICD-9-CM sets them."""
    assert [target.code for target in icd9cm().from_icd10cm("I26.99")] == ["415.19"]
    assert any((target.code or "").startswith("E") for target in icd9cm().from_icd10cm("W19.XXXA"))


def test_a_heading_answers_with_all_below_it_once() -> None:
    """A stem without its seventh character stands for every encounter."""
    assert [target.code for target in icd9cm().from_icd10cm("S83.511")] == ["844.2", "V58.89", "905.7"]
    assert len(icd9cm().to_icd10cm("724")) > len(icd9cm().to_icd10cm("724.2"))


def test_a_code_split_off_later_answers_as_its_stem() -> None:
    """The mappings know M54.5 and not M54.50; a code that the edition lacks has no targets at all."""
    (target,) = icd9cm().from_icd10cm("M54.50")
    assert (target.code, target.approximate) == ("724.2", True)
    assert icd9cm().from_icd10cm("M54.577") == ()


@pytest.mark.parametrize(
    ("code", "title"), [("784.0", "Headache"), ("7840", "Headache"), ("784", None), ("x", None)]
)
def test_a_title_belongs_to_a_billable_code(code: str, title: str | None) -> None:
    """Headings and other text have none."""
    assert icd9cm().title(code) == title


@given(st.text(max_size=10))
def test_any_text_gives_targets_or_none(text: str) -> None:
    """Nothing raises, and a target without code is always flagged."""
    for target in (*icd9cm().to_icd10cm(text), *icd9cm().from_icd10cm(text)):
        assert target.no_map == (target.code is None)

"""A site's own scorer of evidence levels: what it says, and which files are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evidence.paper import EvidenceLevel, EvidenceQuestion
from model.evidence.rank import about
from model.evidence.trained_levels import (
    FORMAT,
    TRAINED,
    TrainedLevelsError,
    content_digest,
    load,
    tables_digest,
)
from model.evidence.weigh import weighed
from tests.model.evidence.papers import THIS_YEAR, paper, vectors

CHARTS = paper(
    "CT in acute appendicitis",
    ("METHODS", "We retrospectively reviewed 140 patients; surgery was the reference standard."),
    year=2019,
)
OLD_LETTER = paper("CT in acute appendicitis", year=2000, publication_types=("Letter",))


def content(**members):
    """What a file holds: retrospective studies against a reference get level 4, all else level 1."""
    made = {
        "format": FORMAT,
        "tables": tables_digest(),
        "bias": [1.0, 0.0, 0.0, 0.0],
        "weights": {
            "design retrospective": [0.0, 0.0, 0.0, 2.0],
            "comparator": [0.0, 0.0, 0.0, 1.0],
            "sample": [0.0, 0.0, 0.0, 0.5],
            "design commentary|typed": [1.0, 0.0, 0.0, 0.0],
            "age": [0.2, 0.0, 0.0, 0.0],
            "abstract": [0.5, 0.0, 0.0, 0.0],
        },
    } | members
    return {**made, "digest": content_digest(made)}


def written(folder, **members):
    path = folder / "levels.json"
    path.write_text(json.dumps(content(**members)), encoding="utf-8")
    return path


def test_the_likeliest_level_comes_with_its_reasons(tmp_path):
    """The design stands first, then what spoke for the level, the most telling first, and whose level it is."""
    trained = load(written(tmp_path))
    found = trained(CHARTS, this_year=THIS_YEAR)
    assert (found.level, found.design, found.by) == (4, "retrospective", trained.digest)
    assert found.because == (
        "retrospective study",
        "compared with a reference or another group",
        "140 patients or examinations",
        f"{TRAINED}; by the rules it would be 2",
    )
    assert weighed(CHARTS, this_year=THIS_YEAR).level == 2


def test_words_of_types_age_and_absent_abstract(tmp_path):
    """Every theme has its words; where the rules agree, nothing is said of them."""
    found = load(written(tmp_path))(OLD_LETTER, this_year=THIS_YEAR)
    assert found.level == 1
    assert found.because == (
        "opinion, letter or news (publication type)",
        "published 26 years ago",
        "no abstract",
        TRAINED,
    )


def test_without_a_year_age_counts_for_nothing(tmp_path):
    """Nor is it a reason."""
    weights = {"age": [0.0, 0.0, 3.0, 0.0]}
    trained = load(written(tmp_path, weights=weights))
    assert trained(OLD_LETTER, this_year=THIS_YEAR).level == 3
    found = trained(OLD_LETTER)
    assert found.level == 1
    assert not any("published" in each for each in found.because)


def test_every_invented_paper_gets_a_level_and_reasons(tmp_path):
    """Nothing in a paper lacks words, whichever features count."""
    names = {name for _, each in vectors("view") for name in _features(each)}
    weights = {name: [0.0, 0.0, 0.0, 1.0] for name in names}
    trained = load(written(tmp_path, weights=weights))
    for _, each in (*vectors("view"), *vectors("aside")):
        found = trained(each, this_year=THIS_YEAR)
        assert found.level in EvidenceLevel
        assert len(found.because) >= 2
        assert all(found.because)


def _features(each):
    from model.evidence.level_features import level_features  # noqa: PLC0415
    from model.evidence.weigh import read  # noqa: PLC0415

    return level_features(read(each, this_year=THIS_YEAR))


def test_a_retracted_paper_is_never_shown_whatever_its_level(tmp_path):
    """A trained scorer changes levels, not what is left out."""
    question = EvidenceQuestion("Acute appendicitis", "ct-abdomen-pelvis-w", ("appendicitis",))
    gone = paper("CT in acute appendicitis, again", "A retrospective study.", pmid="2", retracted=True)
    found = about((CHARTS, gone), question, this_year=THIS_YEAR, weigh=load(written(tmp_path)))
    assert [each.paper.pmid for each in found.evidence] == ["1"]
    assert [each.pmid for each in found.retracted] == ["2"]
    assert found.evidence[0].level_by is not None


def test_a_file_that_cannot_be_used_says_why(tmp_path):
    """Absent, no JSON, another format, changed by hand, other tables, numbers that are none."""
    path = tmp_path / "levels.json"

    def refused(text):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(TrainedLevelsError) as raised:
            load(path)
        assert str(tmp_path) not in str(raised.value)
        return str(raised.value)

    with pytest.raises(TrainedLevelsError, match="cannot be read"):
        load(path)
    with pytest.raises(TrainedLevelsError, match="cannot be read"):
        load(tmp_path)
    assert "no JSON" in refused("{")
    assert "no JSON" in refused("[" * 100_000)
    assert "no trained scorer" in refused("[1]")
    assert "no trained scorer" in refused(json.dumps(content(format="apposite-evidence-levels-0")))
    assert "was changed" in refused(json.dumps({**content(), "bias": [0.0, 0.0, 0.0, 9.0]}))
    assert "other tables" in refused(json.dumps(content(tables="0")))
    for weights in ({"age": [1.0]}, {"age": "many"}, [1.0], {"age": [1.0, 1.0, 1.0, float("inf")]}):
        assert "no numbers" in refused(json.dumps(content(weights=weights)))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A pickle or a picture in its place is one sentence too."""
    path = tmp_path / "levels.json"
    path.write_bytes(b"\x80\x04\x95\xff")
    with pytest.raises(TrainedLevelsError, match="no JSON"):
        load(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(weights=json_values, bias=json_values)
def test_any_numbers_give_a_scorer_or_the_error(tmp_path_factory, weights, bias):
    """Whatever stands in the place of the numbers."""
    path = written(tmp_path_factory.mktemp("any"), weights=weights, bias=bias)
    try:
        assert load(path)(CHARTS).level in EvidenceLevel
    except TrainedLevelsError:
        return

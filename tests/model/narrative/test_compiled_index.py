"""An index that is read back is the one that was built, and is built anew when anything of it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model.guideline.imported_table import read_table
from model.guideline.library import library
from model.narrative.compiled_index import as_json, from_json, index_in
from model.narrative.index import build
from model.narrative.recommend import Recommender, also_ours, as_imported
from tests.licensed import FACTS, ROWS, table, written

if TYPE_CHECKING:
    from pathlib import Path

    from model.guideline.imported import ImportedTopic

ALSO = {("sore toe", "1"): "toe that hurts"}
TEXTS = ["71M with a sore toe, no injury", "girl of 3, odd ear", "headache", "LBP 6wks after a fall, 34F"]


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportedTopic, ...]:
    ours = tuple(map(as_imported, library().topics.values()))
    return (*read_table(written(tmp_path_factory.mktemp("table"), table(ROWS))), *ours)


def test_index_comes_back_as_it_was_built(topics: tuple[ImportedTopic, ...], tmp_path: Path) -> None:
    """Over invented topics and all of ours: equal, in the same order, and with the same answers."""
    also = also_ours(library().topics.values())
    built = build(topics, also)
    first, second = (index_in(tmp_path / "index", "a", topics, also) for _ in range(2))
    assert built == first == second
    assert [list(each.terms) for each in built.topics] == [list(each.terms) for each in second.topics]
    for text in TEXTS:
        expected = Recommender(topics, index=built).recommend(text)
        assert Recommender(topics, index=second).recommend(text) == expected


def test_other_content_is_built_anew(topics: tuple[ImportedTopic, ...], tmp_path: Path) -> None:
    """With another key the file is replaced, and so it is where what it holds cannot be trusted."""
    path = tmp_path / "index"
    index_in(path, "a", topics[:1])
    kept = path.read_text(encoding="utf-8")
    assert index_in(path, "b", topics[:1], ALSO) == build(topics[:1], ALSO) != build(topics[:1])
    assert path.read_text(encoding="utf-8") != kept
    path.chmod(0o666)
    assert index_in(path, "b", topics[:1], ALSO) == build(topics[:1], ALSO)
    assert path.stat().st_mode & 0o777 == 0o600


def test_index_holds_no_sentence(topics: tuple[ImportedTopic, ...]) -> None:
    """Sentences and titles are not in it: they are named by their places."""
    index = as_json(build(topics[:2]))
    assert "Sore toe, no injury" not in str(index)
    assert from_json(index, topics[:2]).topics[0].variants[0].source.text == "Adult. Sore toe, no injury."


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_whole_table_comes_back(tmp_path: Path) -> None:
    """Every published topic is indexed the same, read or built."""
    topics = read_table(FACTS)
    assert index_in(tmp_path / "i", "a", topics) == index_in(tmp_path / "i", "a", topics) == build(topics)

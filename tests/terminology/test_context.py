"""How the mentions of a text are meant."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.context import Assertion, ContextReader
from terminology.cues import Cue, cue_table, find_phrases, phrase_table, read_tokens

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "context.json").read_text(encoding="utf-8"))
PLAIN = Assertion(negated=False, uncertain=False, historical=False, family=False, hypothetical=False)
AXES = ("negated", "uncertain", "historical", "family", "hypothetical")
CUE_WORDS = st.sampled_from(
    [*sorted(cue_table().phrases), "fever", ",", ".", "?", "(", ")", ":", " - ", "\n", "2015"]
)


def asserted(sentence: str) -> list[str]:
    """Give the axes that hold for the mention in square brackets."""
    start, end = sentence.index("["), sentence.index("]") - 1
    assertion = ContextReader(sentence.replace("[", "").replace("]", "")).assertion(start, end)
    return [axis for axis in AXES if getattr(assertion, axis)]


@pytest.mark.parametrize("vector", VECTORS["sentences"], ids=lambda vector: vector["id"])
def test_a_mention_is_meant_as_its_sentence_says(vector):
    """Each hand-written sentence gives exactly the axes that its writer expected."""
    assert asserted(vector["text"]) == vector["expect"]


def test_what_is_to_be_ruled_out_is_never_denied():
    """A doubted finding is the reason for the order, so no way of doubting it removes it."""
    for words in (
        "rule out",
        "r/o",
        "cannot exclude",
        "suspected",
        "concern for",
        "evaluate for",
        "escludere",
    ):
        assert asserted(f"{words} [PE]") == ["uncertain"]


def test_a_reader_answers_for_many_mentions():
    """One reader tells the two mentions of a text apart."""
    reader = ContextReader("no fever but cough")
    assert reader.assertion(3, 8).negated
    assert reader.assertion(13, 18) == PLAIN


def test_a_cue_inside_a_word_is_none():
    """Only whole words are cues: "nodule" does not begin with "no"."""
    assert asserted("nodule [pain]") == asserted("inform [nodule]") == []


def test_decomposed_accents_are_read():
    """A text with combining accents means what the same text with single characters means."""
    assert asserted("familiarita\u0300 per [carcinoma]") == ["family"]


def test_a_mention_beyond_the_part_read_is_plain():
    """What stands behind the first 5,000 characters is taken as plainly stated."""
    text = "x" * 5_000 + " no fever"
    assert ContextReader(text).assertion(len(text) - 5, len(text)) == PLAIN


def test_the_longest_phrase_wins():
    """A pseudo cue hides the shorter cue that it begins with."""
    table = phrase_table(
        [("no", Cue("cue", "negated", "forward", "list")), ("no change", Cue("pseudo", "", "", ""))],
        breaks=frozenset(),
        abbreviations=frozenset(),
    )
    tokens = tuple(read_tokens("no change, no fever", frozenset()))
    assert [(at, phrase.keys) for at, phrase in find_phrases(tokens, table)] == [
        (0, ("no", "change")),
        (3, ("no",)),
    ]


def test_every_row_of_the_tables_is_of_a_known_kind():
    """A misspelt kind, axis, direction or reach would silently do nothing."""
    for phrase in cue_table().every_phrase:
        for cue in phrase.cues:
            assert cue.kind in {"cue", "pseudo", "ends", "or", "and"}
            assert cue.axis in {*AXES, ""}
            assert (cue.kind == "cue") == (cue.direction in {"forward", "backward", "both"})
            assert (cue.kind == "cue") == (cue.reach in {"list", "phrase", "item", "word"})


@given(st.text(), st.integers(-5, 60), st.integers(-5, 60))
def test_any_text_and_any_span_give_an_assertion(text, start, end):
    """No string and no pair of numbers raises."""
    assert isinstance(ContextReader(text).assertion(start, end), Assertion)


@given(st.lists(CUE_WORDS, max_size=40), st.integers(0, 100), st.integers(0, 100))
def test_no_denial_and_doubt_at_once(words, start, end):
    """However cues are mixed, a mention is not both denied and doubted."""
    assertion = ContextReader(" ".join(words)).assertion(start, end)
    assert not (assertion.negated and assertion.uncertain)

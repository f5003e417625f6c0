from __future__ import annotations

from dataclasses import replace

import pytest

from model.assessment import Rating
from model.guideline.imported_rows import TableError
from model.guideline.library import library
from model.reasoning.answer import read_answer, write_answer
from training.examples import (
    ExamplesError,
    claims,
    class_balance,
    from_library,
    from_table,
    read_jsonl,
    write_jsonl,
)
from training.faithfulness import faithfulness
from training.precedents import with_precedents
from training.prompting import rating_prompt
from training.rater_examples import table_examples
from training.rows import in_turns
from training.splits import By, Split, SplitError, check_apart, paper_topics, split

LIBRARY = from_library()
TABLE = (
    "topic,variant_no,variant,procedure,rating,rating_raw,acr_year\n"
    "Aches,1,An ache.,CT head without IV contrast,Usually appropriate,Usually Appropriate,2024\n"
    "Aches,1,An ache.,MRI head without IV contrast,May be appropriate,"
    "May Be Appropriate (Disagreement),2024\n"
)


def test_every_agreed_rating_of_the_library_is_an_example_with_a_trace():
    """As many examples as the library has ratings without disagreement, each with at least one sentence."""
    agreed = sum(
        not rated.panel_disagreed
        for topic in library().topics.values()
        for variant in topic.variants
        for rated in variant.ratings.values()
    )
    assert len(LIBRARY) == agreed == sum(class_balance(LIBRARY).values())
    assert all(example.trace for example in LIBRARY)


def test_a_gold_answer_is_read_back_by_the_service():
    """What the model learns to write is in the grammar that serves, and says the gold rating."""
    for example in LIBRARY[::50]:
        answer = read_answer(write_answer(example.answer(cited=True)))
        assert answer is not None
        assert answer.rating is example.rating


def test_a_leading_pronoun_becomes_the_procedure():
    """A sentence of a trace can stand alone."""
    found = claims("It shows stones. No contrast is needed.", "CT abdomen")
    assert [each.text for each in found] == ["CT abdomen shows stones.", "No contrast is needed."]


def test_examples_survive_a_file(tmp_path):
    """JSON lines give back the same examples, evidence and citations included."""
    some = with_precedents(LIBRARY[:40], LIBRARY)
    write_jsonl(some, tmp_path / "examples.jsonl")
    assert read_jsonl(tmp_path / "examples.jsonl") == some


@pytest.mark.parametrize("line", ["{}", "[]", "no JSON", '{"id": "x"}'])
def test_a_broken_line_is_named_by_its_number(tmp_path, line):
    """The error says which line, not what it holds."""
    path = tmp_path / "examples.jsonl"
    write_jsonl(LIBRARY[:1], path)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ExamplesError, match=r"^line 2 is not an example$"):
        read_jsonl(path)


def test_a_licensed_table_is_read_without_the_rows_that_the_panel_split_on(tmp_path):
    """A row on which the panel disagreed is left out; the others are examples without a trace."""
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    (found,) = from_table(path)
    assert (found.group, found.rating, found.trace) == (("Aches", "1"), Rating.USUALLY_APPROPRIATE, ())
    assert found.procedure_id == "ct-head-wo"


def test_the_rater_learns_from_the_same_reading_of_a_table(tmp_path):
    """One reader serves all: the rater's examples are the table's, study by study."""
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    (example,), (rated,) = from_table(path), table_examples(path)
    assert (rated.topic, rated.rating) == (example.topic, example.rating)
    assert rated.query.procedure == example.procedure_id


def test_a_table_without_a_column_is_refused(tmp_path):
    """The error names the file and the column."""
    (tmp_path / "table.csv").write_text("topic,variant\nAches,An ache.\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"table\.csv:1: column procedure"):
        from_table(tmp_path / "table.csv")


@pytest.mark.parametrize("by", list(By))
def test_a_split_keeps_what_belongs_together_on_one_side(by):
    """Nothing of the kind stands on both sides, everything is on one, and the seed decides."""
    made = split(LIBRARY, by, seed=3)
    check_apart(made, by)
    assert sorted(e.id for e in made.train + made.test) == sorted(e.id for e in LIBRARY)
    assert split(LIBRARY, by, seed=3) == made
    assert split(LIBRARY, by, seed=4) != made
    assert 0.15 < len(made.test) / len(LIBRARY) < 0.32


def test_a_leaking_split_is_found():
    """A triplet split leaks scenarios and topics, and the check says so."""
    made = split(LIBRARY, By.TRIPLET, seed=0)
    with pytest.raises(SplitError):
        check_apart(made, By.TOPIC)
    with pytest.raises(SplitError):
        check_apart(Split("broken", made.train + made.test[:1], made.test), By.TRIPLET)


def test_evidence_comes_from_other_topics_of_the_training_part_only():
    """No passage is from the example's own topic, nor from a topic held out for the test."""
    made = split(LIBRARY, By.TOPIC, seed=1)
    passages: dict[str, set[str]] = {}
    for example in LIBRARY:
        scenario = (example.scenario[:1].lower() + example.scenario[1:]).rstrip(".")
        passages.setdefault(scenario, set()).add(example.topic)
    training = {example.topic for example in made.train}
    shown = [example for example in with_precedents(made.test, made.train) if example.evidence]
    assert len(shown) > len(made.test) / 2
    for example in shown:
        for passage in example.evidence:
            sources = set.union(*(topics for start, topics in passages.items() if passage.startswith(start)))
            assert sources & training - {example.topic}


def test_the_prompt_never_holds_the_rating():
    """Two examples that differ in nothing but the rating and the trace are asked about alike."""
    for example in LIBRARY[::200]:
        other = replace(example, rating=Rating.MAY_BE_APPROPRIATE, trace=())
        assert rating_prompt(example, evidence=True) == rating_prompt(other, evidence=True)


def test_ratings_take_turns():
    """The rows to train on are balanced, whatever the library's balance is."""
    assert set(class_balance(in_turns(LIBRARY, count=90, seed=0)).values()) == {30}


def test_the_published_topics_are_thirty():
    """The published experiment had thirty topics, all of them in the library."""
    assert len(paper_topics()) == 30
    assert paper_topics() <= {example.topic for example in LIBRARY}


def test_the_guard_lets_gold_citations_stand():
    """What the model learns to cite is what the service's guard accepts, in nearly every example."""
    shown = [example for example in with_precedents(LIBRARY, LIBRARY) if example.evidence][::20]
    values = [faithfulness(each.trace, each.evidence, each.trace) for each in shown]
    assert sum(value == 1.0 for value in values) / len(values) > 0.9

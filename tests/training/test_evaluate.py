from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from model.assessment import Rating
from model.reasoning.answer import LABELS
from model.reasoning.language_model import Completion, Failure, LanguageModelError
from tests.training.test_rewards import Judge, Letters
from training.evaluate import Readers, compare
from training.examples import from_library
from training.metrics import Said
from training.report import as_markdown
from training.served_systems import by_answers, guideline, library_of, rater, served
from training.served_systems import by_letters as letters_by
from training.splits import By, Split, split

LIBRARY = from_library()
SMALL = Split("small", LIBRARY[:200], LIBRARY[200:230])


def by_letters(model):
    """The model alone, by its probabilities."""
    return letters_by(model).alone


class Sure:
    """A model that thinks one rating likely, writes it down with one sentence, or fails as told."""

    id = "sure"

    def __init__(self, rating, failure=None):
        self.rating, self.failure = rating, failure

    def complete(self, _prompt, **_):
        """One sentence and the rating."""
        if self.failure:
            raise LanguageModelError(self.failure)
        reasoning = [{"sentence": "Radiographs show the bones.", "citations": []}]
        return Completion(json.dumps({"reasoning": reasoning, "rating": LABELS[self.rating]}), self.id)

    def score(self, _prompt, labels, **_):
        """0.8 for the rating."""
        if self.failure:
            raise LanguageModelError(self.failure)
        return {label: 0.8 if label == LABELS[self.rating] else 0.1 for label in labels}


def always(rating, confidence=None):
    """A system that says one rating of everything."""
    return lambda _train, test: [Said(rating, confidence)] * len(test)


def gold(_train, test):
    """A system that knows the answers."""
    return [Said(example.rating, 0.9) for example in test]


def test_every_system_is_measured_on_the_same_examples():
    """A system that is always right has F1 1 over the ratings there are; each knows its p against those before."""
    right, one, same = compare(SMALL, {"gold": gold, "one": always(Rating.MAY_BE_APPROPRIATE), "same": gold})
    assert right.macro_f1 == pytest.approx(1)
    assert {right.test, one.test} == {30}
    assert (right.p, same.p["gold"]) == ({}, 1.0)
    assert one.p["gold"] < 0.05
    assert one.calibration == []
    assert right.calibration_error == pytest.approx(0.1)


def test_a_report_names_denominators_and_what_was_left_out():
    """Tested, trained on, left out and unanswered stand in the report, and an unmeasured figure stays empty."""
    results = compare(SMALL, {"gold": gold, "silent": always(None)})
    text = as_markdown(results, {"on which the panel disagreed": 150})
    assert "200 to train on, 30 tested" in text
    assert "Left out: 150 on which the panel disagreed." in text
    assert "| silent | 0.000 | 0.000 to 0.000 | 0.000 | 30 |  |  |" in text


def test_reasonings_are_read_by_a_judge_and_by_their_entities():
    """The means count the examples that had a reasoning and a score, and say how many those were."""
    readers = Readers(Judge('{"score": 7}'), Letters())
    written = by_answers(Sure(Rating.USUALLY_APPROPRIATE))
    without, with_ = compare(SMALL, {"gold": gold, "written": written}, readers)
    assert (without.judged, without.entities) == (None, None)
    assert with_.judged == (pytest.approx(0.7), 30)
    assert with_.entities is not None


def test_a_language_model_is_heard_as_the_service_hears_it():
    """Probabilities come from the lettered question, a written rating from an answer under the schema."""
    model = Sure(Rating.MAY_BE_APPROPRIATE)
    assert by_letters(model)((), SMALL.test)[0] == Said(Rating.MAY_BE_APPROPRIATE, 0.8)
    assert by_answers(model)((), SMALL.test)[0].rating is Rating.MAY_BE_APPROPRIATE


@pytest.mark.parametrize("system", [by_letters, by_answers])
def test_an_unusable_reply_is_no_answer_but_a_lost_model_stops_the_measurement(system):
    """An unusable reply counts as unanswered; a model that is away would make every figure a wrong one."""
    asked = SMALL.test[:2]
    assert system(Sure(None, Failure.INVALID))((), asked) == [Said(None)] * 2
    with pytest.raises(LanguageModelError):
        system(Sure(None, Failure.UNAVAILABLE))((), asked)


def test_what_is_held_out_is_held_out_of_the_guideline_engine():
    """The engine has no topic of the test, and rates next to nothing of it; on its own topics it rates much."""
    made = split(LIBRARY, By.TOPIC, seed=0)
    tested = {example.topic for example in made.test}
    held = library_of(made.train)
    assert not tested & {topic.source_topic for topic in held.topics.values()}
    unseen = guideline(made.train, made.test[::60])
    own = guideline(made.train, made.train[::150])
    assert sum(each.rating is not None for each in unseen) < len(unseen) / 10
    assert sum(each.rating is not None for each in own) > len(own) / 2


def test_what_is_served_is_the_guideline_else_the_rater():
    """On the whole library the guideline's ratings stand, and a rater's opinion has a confidence."""
    some = LIBRARY[::150]
    said, engine = served(LIBRARY, some), guideline(LIBRARY, some)
    for one, other in zip(said, engine, strict=True):
        if other.rating is not None:
            assert one == other
    assert all(
        each.confidence is not None
        for each, other in zip(said, engine, strict=True)
        if each.rating and not other.rating
    )


def test_an_indifferent_model_leaves_the_raters_ratings_and_a_silent_one_too():
    """Multiplied by equal probabilities, or beside none at all, the rater's likeliest rating stands."""
    some = LIBRARY[::400]
    alone = [each.rating for each in rater(LIBRARY, some)]

    class Indifferent(Sure):
        def score(self, _prompt, labels, **_):
            return dict.fromkeys(labels, 1 / 3)

    for model in (Indifferent(None), Sure(None, Failure.INVALID)):
        together = letters_by(model).with_rater(LIBRARY, some)
        assert [each.rating for each, known in zip(together, alone, strict=True) if known] == [
            known for known in alone if known
        ]


def test_the_command_writes_a_report(tmp_path):
    """`apposite evaluate` prints what it writes, with the figures as JSON beside."""
    arguments = ["evaluate", "--system", "guideline", "--limit", "20", "--output", str(tmp_path)]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.output
    assert re.search(r"\d{4} to train on, 20 tested", ran.output)
    assert (tmp_path / "evaluation.md").read_text(encoding="utf-8").strip() == ran.output.strip()
    (result,) = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["results"]
    assert result["test"] == 20


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--split", "luck"], "--split"),
        (["--endpoint", "openai"], "needs its URL and its name"),
        (["--split", "uncovered"], "no topic that the library lacks"),
    ],
)
def test_a_wrong_call_is_one_sentence(tmp_path, arguments, problem):
    """The error names what is missing; there is no traceback."""
    ran = CliRunner().invoke(
        main, ["evaluate", "--system", "guideline", "--output", str(tmp_path), *arguments]
    )
    assert ran.exit_code != 0
    assert problem in ran.output

from model.assessment import Rating
from model.guideline.library import library
from training.rater import folds_of, numbers, train
from training.rater_examples import library_examples


def few():
    """Every fifteenth example of the library."""
    return library_examples(library())[::15]


def test_the_same_examples_and_seed_give_the_same_numbers():
    """Training is reproducible, and another seed is another training."""
    first, again, other = (train(few(), "test", seed=seed) for seed in (1, 1, 2))
    assert numbers(first) == numbers(again)
    assert first.rater.digest != other.rater.digest


def test_no_topic_is_both_learned_from_and_asked_about():
    """All examples of a topic are in one fold."""
    examples = few()
    folds: dict[str, set[int]] = {}
    for example, fold in zip(examples, folds_of(examples, 0), strict=True):
        folds.setdefault(example.topic, set()).add(fold)
    assert {len(each) for each in folds.values()} == {1}
    assert len(set.union(*folds.values())) == 5


def test_learns_from_the_library_all_three_ratings():
    """The examples are the library's ratings, one each."""
    examples = library_examples(library())
    expected = sum(len(variant.ratings) for topic in library().topics.values() for variant in topic.variants)
    assert len(examples) == expected
    assert {example.rating for example in examples} == set(Rating)

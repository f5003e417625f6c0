import gzip
import json

import pytest

from model.assessment import Rating
from model.reasoning.rater import NUMBERS, RaterError, load, rater
from model.reasoning.rater_features import RatingQuery

PANCREAS = RatingQuery("mr-abdomen-wwo", ("pancreatic cyst",), ("incidental on CT",))


def test_probabilities_sum_to_one():
    """The three ratings share the whole probability."""
    found = rater().probabilities(PANCREAS)
    assert set(found) == set(Rating)
    assert sum(found.values()) == pytest.approx(1)


def test_an_opinion_is_at_least_as_sure_as_the_threshold_and_says_why():
    """What is said carries the probability of the rating chosen, and reasons."""
    opinion = rater().rate(PANCREAS)
    assert opinion is not None
    assert opinion.confidence >= rater().threshold
    assert opinion.confidence == rater().probabilities(PANCREAS)[opinion.rating]
    assert 1 <= len(opinion.reasons) <= 3


@pytest.mark.parametrize("words", ["", "zxqv wibble", "please call back"])
def test_says_nothing_where_no_part_of_the_body_is_spoken_of(words):
    """Nonsense gets no opinion."""
    assert rater().rate(RatingQuery("ct-chest-wo", (words,))) is None


def test_numbers_fitted_with_other_tables_are_refused(tmp_path):
    """Weights hold only for the tables that they were fitted with."""
    numbers = json.loads(gzip.decompress(NUMBERS.read_bytes()))
    other = tmp_path / "rater.json.gz"
    other.write_bytes(gzip.compress(json.dumps(numbers | {"tables": "other"}).encode()))
    with pytest.raises(RaterError, match="other tables"):
        load(other)

"""Training a site's scorer of evidence levels: what it is judged by, and when nothing is trained."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")

from model.evidence.trained_levels import load
from model.evidence.weigh import weighed
from tests.model.evidence.papers import THIS_YEAR, vectors
from tests.training.labelled import labelled
from training.agreement import agreement
from training.evidence_labels import Labelled
from training.evidence_level import TooFewLabelsError, numbers, train, write


def test_a_site_that_sees_designs_otherwise_is_learned_from(tmp_path):
    """Held-out papers are given the site's levels oftener than by the rules, and the file says the same."""
    training = train(labelled(), this_year=THIS_YEAR)
    assert training.gained
    assert training.trained.exact > training.rules.exact + 0.1
    assert training.trained.kappa > training.rules.kappa
    assert training.only_trained > training.only_rules
    digest = write(training, tmp_path / "levels.json")
    trained = load(tmp_path / "levels.json")
    assert trained.digest == digest
    right = sum(trained(each.paper, this_year=THIS_YEAR).level == each.level for each in labelled())
    assert right / len(labelled()) >= training.trained.exact


def test_labels_by_the_rules_gain_nothing():
    """The rules agree as well, and the training says so."""
    ruled = [Labelled(each.paper, weighed(each.paper, this_year=THIS_YEAR).level) for each in labelled()]
    training = train(ruled, this_year=THIS_YEAR)
    assert training.rules.exact == 1.0
    assert not training.gained
    assert training.only_trained == 0


def test_the_rules_own_agreement_is_that_of_the_rules():
    """What stands beside the trained levels is what `weigh` gives the same papers."""
    training = train(labelled(), this_year=THIS_YEAR)
    pairs = [(each.level, weighed(each.paper, this_year=THIS_YEAR).level) for each in labelled()]
    assert training.rules == agreement(pairs)


def test_labels_without_sense_are_not_learned():
    """Held-out agreement on shuffled labels is no better than chance: nothing of a paper leaks into its judge."""
    levels = sorted(each.level for each in labelled())
    papers = [paper for _, paper in (*vectors("view"), *vectors("aside"))]
    shuffled = [Labelled(paper, levels[(at * 67) % len(levels)]) for at, paper in enumerate(papers)]
    assert abs(train(shuffled, this_year=THIS_YEAR).trained.kappa) < 0.25


def test_equal_labels_give_equal_numbers():
    """Another deal is judged otherwise and kept the same."""
    first, again, other = (numbers(train(labelled(), this_year=THIS_YEAR, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert other["weights"] == first["weights"]
    assert other["digest"] != first["digest"]


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (labelled()[:99], "there are 99"),
        ([each for each in labelled() if each.level != 4], "0 of level 4"),
        ([], "there are 0"),
    ],
)
def test_too_few_labels_train_nothing(kept, said):
    """The minimum is said, in all and of each level."""
    with pytest.raises(TooFewLabelsError, match="at least 100 papers, and 10 of each level") as raised:
        train(kept, this_year=THIS_YEAR)
    assert said in str(raised.value)


def test_agreement_counts_how_far_two_are_apart():
    """Exact, within one, and kappa with its square; two that never vary agree wholly."""
    found = agreement([(1, 1), (2, 3), (4, 2), (3, 3)])
    assert (found.exact, found.within_one) == (0.5, 0.75)
    assert found.kappa == pytest.approx(1 - 5 / 8)
    assert agreement([(2, 2)]).kappa == 1.0

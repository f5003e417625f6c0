"""The regression that the rater and the scorer of levels are fitted by."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from training.logistic import fit, rows_of, softmax  # noqa: E402 - it needs numpy

FEATURES = [{"a": 1.0}, {"a": 1.0, "b": 0.5}, {"b": 1.0}, {"c": 2.0}, {}, {"c": 1.0, "a": 0.2}] * 3
STRENGTH = 0.7


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_the_fit_is_the_optimum_for_any_number_of_classes(count):
    """The slope of the objective is null where the fit is: the penalty holds the gradient in balance."""
    classes = [at % count for at in range(len(FEATURES))]
    fitted = fit(FEATURES, classes, [1.0] * len(classes), count=count, strength=STRENGTH)
    assert fitted.weights.shape == (3, count)
    residual = STRENGTH * (fitted.probabilities(FEATURES) - np.eye(count)[classes])
    rows = rows_of(FEATURES, {name: at for at, name in enumerate(fitted.names)})
    assert np.abs(rows.gradient(residual)[:-1] + fitted.weights).max() < 5e-3
    assert np.abs(residual.sum(axis=0)).max() < 5e-3


def test_what_was_not_trained_on_counts_nothing():
    """An unknown feature leaves the bias alone to speak."""
    fitted = fit(FEATURES, [0, 1, 2] * 6, [1.0] * 18, count=3, strength=STRENGTH)
    assert fitted.probabilities([{"unknown": 5.0}])[0] == pytest.approx(softmax(fitted.bias[None, :])[0])

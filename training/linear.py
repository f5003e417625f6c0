"""The baselines that any model has to beat: the commonest rating, and word counts under a linear classifier.

Of the training's libraries only scikit-learn is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from model.assessment import Rating
from training.metrics import RATINGS, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from training.examples import Example


def majority(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """The commonest rating of the training examples, for everything."""
    ratings = [example.rating for example in train]
    return [Said(max(RATINGS, key=ratings.count))] * len(test)


def linear(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """TF-IDF of topic, scenario and study apart, and a balanced logistic regression."""
    words = [
        make_pipeline(_column(name), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True))
        for name in ("topic", "scenario", "procedure")
    ]
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 6), sublinear_tf=True)
    model = make_pipeline(
        make_union(*words, make_pipeline(_column("procedure"), characters)),
        LogisticRegression(C=3, class_weight="balanced", max_iter=400),
    )
    model.fit(train, [example.rating.value for example in train])
    return from_probabilities(model.classes_, model.predict_proba(test))


def from_probabilities(classes: Sequence[str], rows: np.ndarray[Any, Any]) -> list[Said]:
    """The likeliest rating of each row of probabilities."""
    return [Said(Rating(classes[int(row.argmax())]), float(row.max())) for row in rows]


def _column(name: str) -> Any:
    return FunctionTransformer(lambda examples: [getattr(example, name) for example in examples])

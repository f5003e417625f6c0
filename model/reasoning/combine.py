"""Two opinions on one order, the rater's and a language model's, made one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model.assessment import Opinion

BOTH: Final = "rater and language model"


def combined(rater: Opinion | None, language_model: Opinion | None) -> Opinion | None:
    """The opinion that is given; see decision 17 for the reasons.

    The rater's rating and its calibrated confidence stand. The language model adds its sentences and their
    sources if it came to the same rating, and nothing otherwise. Alone it is not heard, because nothing tells
    how often it is right.
    """
    if rater is None or language_model is None:
        return rater
    if rater.rating is not language_model.rating:
        return replace(rater, dropped=language_model.dropped + len(language_model.reasons))
    return replace(
        rater,
        by=BOTH,
        reasons=(*language_model.reasons, *rater.reasons),
        citations=language_model.citations,
        dropped=language_model.dropped,
    )

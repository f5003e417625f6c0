"""How faithful the citations of a reasoning are, by the guard that holds the served ones to their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.reasoning.guard import supported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.reasoning.answer import Sentence


def faithfulness(
    sentences: Sequence[Sentence], evidence: Sequence[str], gold: Sequence[Sentence]
) -> float | None:
    """How faithful the citations are: 1 where each is supported and all that gold cites are there.

    The harmonic mean of the share of citations that their passage supports and the share of the gold
    citations that are among them; a sentence said twice counts once. `None` where there is nothing to cite
    and nothing is cited; 0 where something is cited that does not exist.
    """
    said = {each.text: each for each in reversed(sentences)}.values()
    cited = [(each.text, number) for each in said for number in each.citations]
    wanted = {number for each in gold for number in each.citations}
    if not cited:
        return 0.0 if wanted else None
    good = [
        number
        for text, number in cited
        if 1 <= number <= len(evidence) and supported(text, evidence[number - 1])
    ]
    precision = len(good) / len(cited)
    recall = len(wanted & set(good)) / len(wanted) if wanted else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

"""Asks a language model about a case, reads its answer and keeps what its sources support."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.assessment import Opinion
from model.evidence.citing import cite
from model.reasoning.answer import ANSWER_SCHEMA, LABELS, read_answer
from model.reasoning.guard import guarded
from model.reasoning.language_model import LanguageModelError
from model.reasoning.prompt import PAPERS_AT_MOST, explain_prompt, rate_prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model.assessment import Rating
    from model.case import ImagingCase
    from model.evidence.paper import Evidence
    from model.reasoning.language_model import Completion, LanguageModel, Prompt

BY: Final = "language-model"
UNSURE: Final = 1 / 3
"""The confidence where the model gives no probabilities: that of a guess among three."""


@dataclass(frozen=True, slots=True)
class Reasoned:
    """What a model came to, with what it was asked by; `opinion` is `None` where no sentence stands."""

    opinion: Opinion | None
    dropped: int
    completion: Completion
    prompt: Prompt


class Reasoner:
    """A language model as a reviewer. Its confidence is its own probability, not calibrated."""

    def __init__(self, language_model: LanguageModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._clock = language_model, clock

    def rate(
        self,
        case: ImagingCase,
        procedure: str,
        evidence: Sequence[Evidence],
        *,
        timeout_s: float,
        seed: int = 0,
    ) -> Reasoned:
        """The model's opinion on an order that no guideline rates.

        Raises:
            LanguageModelError: No usable reply in time.
        """
        return self._asked(rate_prompt(case, procedure, evidence), evidence, timeout_s, seed=seed)

    def explain(  # noqa: PLR0913 - a case, its rating, and the evidence
        self,
        case: ImagingCase,
        procedure: str,
        rating: Rating,
        evidence: Sequence[Evidence],
        *,
        timeout_s: float,
        seed: int = 0,
    ) -> Reasoned:
        """The model's reasons for a guideline's rating; no opinion where it comes to another.

        Raises:
            LanguageModelError: No usable reply in time.
        """
        prompt = explain_prompt(case, procedure, rating, evidence)
        return self._asked(prompt, evidence, timeout_s, seed=seed, rating=rating)

    def _asked(
        self,
        prompt: Prompt,
        evidence: Sequence[Evidence],
        timeout_s: float,
        *,
        seed: int,
        rating: Rating | None = None,
    ) -> Reasoned:
        ends = self._clock() + timeout_s
        shown = evidence[:PAPERS_AT_MOST]
        completion = self._model.complete(prompt, schema=ANSWER_SCHEMA, seed=seed, timeout_s=timeout_s)
        answer = read_answer(completion.text)
        if answer is None or (rating is not None and answer.rating is not rating):
            return Reasoned(None, len(answer.sentences) if answer else 0, completion, prompt)
        kept = guarded(answer, shown)
        if not kept.reasons:
            return Reasoned(None, kept.dropped, completion, prompt)
        opinion = Opinion(
            answer.rating,
            UNSURE if rating else self._confidence(prompt, answer.rating, ends - self._clock()),
            BY,
            kept.reasons,
            tuple(cite(each) for each in shown),
            kept.dropped,
        )
        return Reasoned(opinion, kept.dropped, completion, prompt)

    def _confidence(self, prompt: Prompt, rating: Rating, left_s: float) -> float:
        """The model's probability of its rating; a guess's where it gives none."""
        try:
            return self._model.score(prompt, list(LABELS.values()), timeout_s=left_s)[LABELS[rating]]
        except LanguageModelError:
            return UNSURE

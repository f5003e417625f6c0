"""A language model that chooses a diagnosis code among those that a search found (`terminology.rerank`)."""

from __future__ import annotations

import hashlib
import math
import time
from typing import TYPE_CHECKING, Final

from model.reasoning.language_model import LanguageModelError, Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.reasoning.language_model import LanguageModel

SYSTEM: Final = "You code diagnoses in ICD-10-CM."

_LEAST: Final = 1e-9
"""A probability of nothing would outweigh all other turns."""


class CodeChoice:
    """Chooses the code that the model finds likeliest; no code where the model fails.

    The model is asked for the likelihood of each choice, so it can name nothing else. It is asked once for
    each place that a choice can have, because small models prefer a letter whatever it stands for.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._timeout_s, self._clock = language_model, timeout_s, clock

    def complete(self, prompt: str, *, choices: tuple[str, ...]) -> str:
        """One of the choices, or an empty text."""
        asked = Prompt(SYSTEM, prompt, hashlib.sha256(prompt.encode()).hexdigest()[:16])
        ends = self._clock() + self._timeout_s
        likelihood = dict.fromkeys(choices, 0.0)
        for turn in range(len(choices)):
            turned = (*choices[turn:], *choices[:turn])
            try:
                scores = self._model.score(asked, turned, timeout_s=ends - self._clock())
            except LanguageModelError:
                return ""
            for choice in choices:
                likelihood[choice] += math.log(max(scores[choice], _LEAST))
        return max(choices, key=lambda choice: likelihood[choice])

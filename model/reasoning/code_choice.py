"""A language model that chooses a diagnosis code among those that a search found (`terminology.rerank`)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from model.reasoning.language_model import LanguageModelError, Prompt

if TYPE_CHECKING:
    from model.reasoning.language_model import LanguageModel

SYSTEM: Final = "You code diagnoses in ICD-10-CM."


class CodeChoice:
    """Chooses the code that the model finds likeliest; no code where the model fails.

    The model is asked for the likelihood of each choice, so it can name nothing else.
    """

    def __init__(self, language_model: LanguageModel, *, timeout_s: float) -> None:
        self._model, self._timeout_s = language_model, timeout_s

    def complete(self, prompt: str, *, choices: tuple[str, ...]) -> str:
        """One of the choices, or an empty text."""
        asked = Prompt(SYSTEM, prompt, hashlib.sha256(prompt.encode()).hexdigest()[:16])
        try:
            scores = self._model.score(asked, choices, timeout_s=self._timeout_s)
        except LanguageModelError:
            return ""
        return max(choices, key=lambda choice: scores[choice])

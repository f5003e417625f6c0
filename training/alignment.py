"""How near a reasoning comes to the gold one: cosines between the embeddings of their sentences.

The published formula (arXiv 2510.05194; its code maps a cosine x to (x+1)/2) asks of each gold sentence how
near any generated one comes. `agreement` asks the other way round as well, so that more words are not more
reward.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD: Final = re.compile(r"[a-z0-9]+")
_RUN: Final = 4
"""So many words in a row that also stand in the prompt are counted as copied."""

_COPIED: Final = 0.8


class Encoder(Protocol):
    """Turns texts into rows of length 1."""

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        """One row a text, in their order."""


def own_sentences(sentences: Sequence[str], prompt: str) -> tuple[str, ...]:
    """The sentences that say something new: each once, none of them copied out of the prompt."""
    copied = _runs(prompt)
    own: dict[str, str] = {}
    for sentence in sentences:
        words = " ".join(_WORD.findall(sentence.lower()))
        runs = _runs(sentence)
        if words and (not runs or len(runs & copied) < _COPIED * len(runs)):
            own.setdefault(words, sentence)
    return tuple(own.values())


def coverage(gold: Sequence[str], generated: Sequence[str], encoder: Encoder) -> float:
    """Mean over the gold sentences of the greatest cosine to a generated one, as (x+1)/2; 0 without any."""
    if not gold or not generated:
        return 0.0
    return float(((_cosines(gold, generated, encoder).max(axis=1) + 1) / 2).mean())


def agreement(gold: Sequence[str], generated: Sequence[str], encoder: Encoder) -> float:
    """The harmonic mean of how the gold sentences are covered and how the generated ones are to the point.

    Greatest cosines, those below 0 counting as 0; 0 where either side has no sentence.
    """
    if not gold or not generated:
        return 0.0
    cosines = _cosines(gold, generated, encoder).clip(min=0)
    covered, pointed = float(cosines.max(axis=1).mean()), float(cosines.max(axis=0).mean())
    return 2 * covered * pointed / (covered + pointed) if covered + pointed else 0.0


def _cosines(gold: Sequence[str], generated: Sequence[str], encoder: Encoder) -> np.ndarray[Any, Any]:
    rows = encoder.encode([*gold, *generated])
    return np.asarray(rows[: len(gold)] @ rows[len(gold) :].T)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return {tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)}

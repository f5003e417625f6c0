"""Asks a language model which candidate a note means, where retrieval cannot tell; off unless one is given.

The model sees the words of the note's clauses as the search reads them (letters and digits, nothing denied)
and the candidates' codes and titles: `prompts/rerank.md`. It may put one of them first. It can neither add a
code nor change a confidence, and an answer that is none of the offered codes changes nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final, Protocol

from terminology.retrieval_query import clauses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminology.retrieval import Candidate

UNSURE: Final = 0.75
"""A first category of at least this confidence stands."""
CLOSE: Final = 0.25
"""A second category at least this much less likely than the first is no rival."""

_CATEGORY_LENGTH: Final = 3


class LanguageModel(Protocol):
    """Completes a prompt with one of the choices; a client that fails answers with an empty text."""

    def complete(self, prompt: str, *, choices: tuple[str, ...]) -> str:
        """The model's answer, which should be one of `choices` and may be anything."""


def ambiguous(candidates: Sequence[Candidate]) -> bool:
    """True where the first category is less sure than `UNSURE` and a second one less than `CLOSE` behind.

    Codes of one category never make an ambiguity: which of them is meant, text seldom says.
    """
    if not candidates:
        return False
    first = candidates[0]
    rivals = [other.category_confidence for other in candidates if _category(other) != _category(first)]
    return first.category_confidence < min(UNSURE, max(rivals, default=-1.0) + CLOSE)


def reranked(
    text: str,
    candidates: tuple[Candidate, ...],
    language_model: LanguageModel,
    *,
    language: str | None = None,
) -> tuple[Candidate, ...]:
    """The same candidates, the one that the model chose first; unchanged where nothing is ambiguous."""
    if not ambiguous(candidates):
        return candidates
    codes = tuple(candidate.code for candidate in candidates)
    answer = language_model.complete(prompt(text, candidates, language=language), choices=codes).strip()
    return tuple(sorted(candidates, key=lambda candidate: candidate.code != answer))


def prompt(text: str, candidates: Sequence[Candidate], *, language: str | None = None) -> str:
    """What the model is asked."""
    said = [" ".join(clause.words) for clause in clauses(text, language=language) if not clause.denied]
    offered = [f"{candidate.code}: {candidate.title}" for candidate in candidates]
    return _template().substitute(words="\n".join(said), candidates="\n".join(offered))


def _category(candidate: Candidate) -> str:
    return candidate.code[:_CATEGORY_LENGTH]


@cache
def _template() -> Template:
    return Template(Path(__file__).with_name("prompts").joinpath("rerank.md").read_text(encoding="utf-8"))

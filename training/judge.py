"""A language model as judge of a reasoning beside the gold one (prompts/judge.md)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from model.reasoning.language_model import Failure, LanguageModelError, Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.reasoning.language_model import LanguageModel

PROMPT: Final = Path(__file__).with_name("prompts") / "judge.md"
BEST: Final = 10
SCORE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score"],
    "properties": {"score": {"type": "integer", "minimum": 0, "maximum": BEST}},
}


def judged(model: LanguageModel, gold: Sequence[str], candidate: Sequence[str]) -> float:
    """The judge's score, 0 to 1.

    Raises:
        LanguageModelError: The judge gave no score.
    """
    system, user, digest = _template()
    prompt = Prompt(system, user.substitute(gold="\n".join(gold), candidate="\n".join(candidate)), digest)
    completion = model.complete(prompt, schema=SCORE_SCHEMA, max_tokens=16)
    try:
        score = json.loads(completion.text)["score"]
    except (ValueError, TypeError, KeyError):
        raise LanguageModelError(Failure.INVALID) from None
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= BEST:
        raise LanguageModelError(Failure.INVALID)
    return score / BEST


@cache
def _template() -> tuple[str, Template, str]:
    text = PROMPT.read_text(encoding="utf-8")
    system, _, user = text.partition("\n---\n")
    return system, Template(user), hashlib.sha256(text.encode()).hexdigest()[:12]

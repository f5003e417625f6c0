"""Traces distilled from narratives that a site has licensed, and the file in which a person reviews them.

A language model rewrites a narrative as claims (prompts/distill.md); a claim that the narrative does not
support is marked so. The review file has one claim a line, `?` before each: a person puts `+` to accept it or
`-` to reject it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from model.reasoning.answer import read_sentences
from model.reasoning.guard import supported
from model.reasoning.language_model import Failure, LanguageModelError, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.reasoning.answer import Sentence
    from model.reasoning.language_model import LanguageModel
    from training.examples import Example

PROMPT: Final = Path(__file__).with_name("prompts") / "distill.md"
CLAIMS_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["claims"],
    "properties": {
        "claims": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "items": {"type": "string", "minLength": 1, "maxLength": 400},
        }
    },
}
ACCEPTED, REJECTED, OPEN = "+", "-", "?"
UNSUPPORTED: Final = "(not found in the narrative) "


class ReviewError(ValueError):
    """A review file cannot be used; the message names the line and the rule, never the claim."""


def distilled(model: LanguageModel, example: Example, narrative: str) -> tuple[Sentence, ...]:
    """The narrative's claims about the example, as the model words them.

    Raises:
        LanguageModelError: The model gave no usable reply.
    """
    system, user, digest = _template()
    words = user.substitute(
        condition=example.topic,
        scenario=example.scenario,
        procedure=example.procedure,
        narrative=narrative,
    )
    completion = model.complete(Prompt(system, words, digest), schema=CLAIMS_SCHEMA)
    try:
        claims = json.loads(completion.text)["claims"]
        return tuple(sentence for claim in claims for sentence in read_sentences(claim))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise LanguageModelError(Failure.INVALID) from None


def review_lines(example: Example, claims: Iterable[Sentence], narrative: str) -> list[str]:
    """The lines to review: the example's id, then a claim a line, open, with a warning where it is due."""
    return [
        f"# {example.id}",
        *(
            f"{OPEN} {'' if supported(claim.text, narrative) else UNSUPPORTED}{_marked(claim)}"
            for claim in claims
        ),
    ]


def accepted(lines: Iterable[str], examples: Iterable[Example]) -> tuple[Example, ...]:
    """The examples of a reviewed file, their traces made of the claims that were accepted.

    An example without an accepted claim is left out.

    Raises:
        ReviewError: A claim is still open, or a line is neither an example's nor a claim.
    """
    known = {example.id: example for example in examples}
    traces: dict[str, list[Sentence]] = {}
    current: list[Sentence] | None = None
    for number, line in enumerate(lines, 1):
        mark, _, words = line.strip().partition(" ")
        if mark == "#" and words in known:
            current = traces.setdefault(words, [])
        elif mark == ACCEPTED and current is not None and words:
            current.extend(read_sentences(words.removeprefix(UNSUPPORTED)))
        elif mark == OPEN:
            raise ReviewError(f"line {number}: the claim is neither accepted (+) nor rejected (-)")
        elif line.strip() and (mark != REJECTED or current is None):
            raise ReviewError(f"line {number}: neither an example nor a claim")
    return tuple(replace(known[id_], trace=tuple(trace)) for id_, trace in traces.items() if trace)


def _marked(claim: Sentence) -> str:
    return " ".join([claim.text, *(f"[{number}]" for number in claim.citations)])


@cache
def _template() -> tuple[str, Template, str]:
    text = PROMPT.read_text(encoding="utf-8")
    system, _, user = text.partition("\n---\n")
    return system, Template(user), hashlib.sha256(text.encode()).hexdigest()[:12]

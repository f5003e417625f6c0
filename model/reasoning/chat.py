"""The chat-completions exchange that both backends speak: the request, and what may be read from a reply.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator

from model.reasoning.language_model import Failure, LanguageModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model.reasoning.language_model import Prompt

_TOP_TOKENS: Final = 20
LETTERS: Final = "ABCDEFGHIJ"


def completion_body(prompt: Prompt, *, max_tokens: int, temperature: float, seed: int) -> dict[str, Any]:
    """The request for a completion, without the model's name and without a schema."""
    return {
        "messages": prompt.messages,
        "max_tokens": max_tokens,
        "temperature": temperature,
        "seed": seed,
    }


def score_body(prompt: Prompt, labels: Sequence[str]) -> dict[str, Any]:
    """The request for the probabilities of lettered labels as the reply's first token."""
    return {
        "messages": lettered(prompt, labels).messages,
        "max_tokens": 1,
        "temperature": 0.0,
        "logprobs": True,
        "top_logprobs": _TOP_TOKENS,
    }


def schema_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The request's member that asks for JSON under a schema, as OpenAI has it."""
    named = {"name": "answer", "schema": dict(schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def content(reply: object) -> str:
    """The text of the first choice.

    Raises:
        LanguageModelError: The reply is no chat completion, or was cut off.
    """
    match reply:
        case {"choices": [{"message": {"content": str(text)}, **choice}, *_]} if choice.get(
            "finish_reason"
        ) in {"stop", None}:
            return text
    raise LanguageModelError(Failure.INVALID)


def satisfying(text: str, schema: Mapping[str, Any] | None) -> str:
    """The text, which is JSON that satisfies the schema where there is one.

    Raises:
        LanguageModelError: It is not.
    """
    if schema is None:
        return text
    try:
        valid = Draft202012Validator(schema).is_valid(json.loads(text))
    except (ValueError, RecursionError):
        valid = False
    if not valid:
        raise LanguageModelError(Failure.INVALID)
    return text


def lettered(prompt: Prompt, labels: Sequence[str]) -> Prompt:
    """The prompt with the labels as options A, B and so on, to be answered by a letter."""
    options = "\n".join(f"{letter}. {label}" for letter, label in zip(LETTERS, labels, strict=False))
    return replace(prompt, user=f"{prompt.user}\n\n{options}\n\nAnswer with one letter.")


def letter_probabilities(reply: object, count: int) -> list[float]:
    """The probabilities of the first `count` letters as the reply's first token, made to add up to 1.

    A letter that is not among the tokens reported counts as the least likely of those that are.

    Raises:
        LanguageModelError: The reply reports no token probabilities, or those of no letter.
    """
    match reply:
        case {"choices": [{"logprobs": {"content": [{"top_logprobs": list(tokens)}, *_]}}, *_]}:
            pass
        case _:
            raise LanguageModelError(Failure.INVALID)
    found: dict[str, float] = {}
    least = 1.0
    for token in tokens:
        match token:
            case {"token": str(text), "logprob": int() | float() as logprob} if logprob <= 0:
                probability = math.exp(logprob)
                least = min(least, probability)
                letter = text.strip()
                found[letter] = found.get(letter, 0.0) + probability
    wanted = LETTERS[:count]
    total = sum(found.get(letter, least) for letter in wanted)
    if found.keys().isdisjoint(wanted) or not total:
        raise LanguageModelError(Failure.INVALID)
    return [found.get(letter, least) / total for letter in wanted]

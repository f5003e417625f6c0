"""The answer that a reasoning model gives, read and written: one grammar for serving, rewards and evaluation.

The text form is `<think>` sentences with citations such as `[2]` `</think><answer>` a rating `</answer>`
(arXiv 2510.05194, section on the Reasoning Agent); the JSON form says the same and satisfies `ANSWER_SCHEMA`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from model.assessment import Rating

LABELS: Final = {
    Rating.USUALLY_APPROPRIATE: "Usually appropriate",
    Rating.MAY_BE_APPROPRIATE: "May be appropriate",
    Rating.USUALLY_NOT_APPROPRIATE: "Usually not appropriate",
}
"""How each rating is written in an answer; read without regard to case, spaces, hyphens and a full stop."""

ANSWER_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reasoning", "rating"],
    "properties": {
        "reasoning": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["sentence", "citations"],
                "properties": {
                    "sentence": {"type": "string", "minLength": 1, "maxLength": 400},
                    "citations": {
                        "type": "array",
                        "maxItems": 5,
                        "items": {"type": "integer", "minimum": 1, "maximum": 99},
                    },
                },
            },
        },
        "rating": {"enum": list(LABELS.values())},
    },
}

_TEXT: Final = re.compile(
    r"\s*<think>(?P<think>.*?)</think>\s*<answer>(?P<answer>.*?)</answer>\s*", re.DOTALL
)
_CITED: Final = re.compile(r"\s*\[(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)\]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])((?:\s*\[[\d,;\s]+\])*)\s+(?=[A-Z0-9\"(])")
_RATINGS: Final = {re.sub(r"[^a-z]", "", label.lower()): rating for rating, label in LABELS.items()}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One claim, without its citation marks, and the numbers of the sources that it cites."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The reasoning, one claim a sentence, and the rating that it comes to."""

    sentences: tuple[Sentence, ...]
    rating: Rating


def read_answer(text: str) -> Answer | None:
    """The answer that a text holds, in either form; `None` where it is not one answer and nothing else."""
    if text.lstrip().startswith("{"):
        return _read_json(text)
    match = _TEXT.fullmatch(text)
    if match is None or any(tag in match["think"] + match["answer"] for tag in ("<think>", "<answer>")):
        return None
    rating = read_rating(match["answer"])
    sentences = read_sentences(match["think"])
    return Answer(sentences, rating) if rating and sentences else None


def read_rating(label: str) -> Rating | None:
    """The rating that a label names, and nothing but it; `None` for any other text."""
    return _RATINGS.get(re.sub(r"[^a-z]", "", label.lower()))


def read_sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a reasoning, one a line or run together; a mark cites for the sentence it ends."""
    lines = (line.strip() for line in text.splitlines())
    parts = (part for line in lines if line for part in _SENTENCE_END.sub(r"\1\n", line).split("\n"))
    return tuple(sentence for part in parts if (sentence := _sentence(part)).text)


def write_answer(answer: Answer) -> str:
    """The answer in text form; `read_answer` gives it back."""
    lines = "\n".join(_with_marks(sentence) for sentence in answer.sentences)
    return f"<think>\n{lines}\n</think>\n<answer>{LABELS[answer.rating]}</answer>"


def write_json(answer: Answer) -> str:
    """The answer in JSON form; `read_answer` gives it back."""
    reasoning = [{"sentence": each.text, "citations": list(each.citations)} for each in answer.sentences]
    return json.dumps({"reasoning": reasoning, "rating": LABELS[answer.rating]})


def _read_json(text: str) -> Answer | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    match value:
        case {"reasoning": list(reasoning), "rating": str(label)} if reasoning and len(value) == 2:  # noqa: PLR2004
            rating = read_rating(label)
        case _:
            return None
    sentences = []
    for item in reasoning:
        match item:
            case {"sentence": str(words), "citations": list(numbers)} if words.strip():
                if not all(isinstance(each, int) and not isinstance(each, bool) for each in numbers):
                    return None
                marked = _sentence(words)
                cited = dict.fromkeys((*numbers, *marked.citations))
                sentences.append(Sentence(marked.text, tuple(cited)))
            case _:
                return None
    return Answer(tuple(sentences), rating) if rating else None


def _sentence(part: str) -> Sentence:
    numbers = [int(each) for mark in _CITED.findall(part) for each in re.split(r"\s*[,;]\s*", mark)]
    return Sentence(_CITED.sub("", part).strip(), tuple(dict.fromkeys(numbers)))


def _with_marks(sentence: Sentence) -> str:
    return " ".join([sentence.text, *(f"[{number}]" for number in sentence.citations)])

"""Examples to train on and to be measured by: a condition, a scenario, a procedure, its rating, and why.

They come from the guideline library, with its own reasons as gold traces, or from a ratings table that a site
has licensed, which gives no reasons. A licensed table's sentences stay in the files that the site makes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Rating
from model.guideline.imported_table import read_table
from model.guideline.library import library
from model.reasoning.answer import Answer, Sentence, read_sentences
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from model.guideline.library import Library
    from model.guideline.topic import RatedProcedure, Topic, Variant

_CLAUSE_END: Final = re.compile(r"; (?=\w+ )")


class ExamplesError(ValueError):
    """A file of examples cannot be used; the message names the line and the rule, never the content."""


@dataclass(frozen=True, slots=True)
class Example:
    """One rating of one procedure in one scenario.

    `topic` is the source guideline's name of its topic, so that the library and a table of the same
    guideline agree on it. `trace` is the gold reasoning, one claim a sentence, empty where there is none;
    its citations count from 1 in `evidence`. `procedure_id` is `None` where the catalogue has no such entry.
    """

    id: str
    topic: str
    variant: str
    scenario: str
    procedure: str
    rating: Rating
    procedure_id: str | None = None
    trace: tuple[Sentence, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def group(self) -> tuple[str, str]:
        """The scenario that the example belongs to."""
        return self.topic, self.variant

    def answer(self, *, cited: bool) -> Answer:
        """The gold answer; without `cited`, without the sentences that rest on the evidence."""
        return Answer(tuple(each for each in self.trace if cited or not each.citations), self.rating)


def from_library(source: Library | None = None) -> tuple[Example, ...]:
    """Every rating of the library on which the panel agreed, each with its trace, in the library's order."""
    return tuple(
        _library_example(topic, variant, rated)
        for topic in (source or library()).topics.values()
        for variant in topic.variants
        for rated in variant.ratings.values()
        if not rated.panel_disagreed
    )


def from_table(path: Path) -> tuple[Example, ...]:
    """Every rating of a licensed table on which the panel agreed, in the table's order; none has a trace.

    Raises:
        TableError: The file breaks a rule of the import (`model.guideline.imported_table`).
        OSError: The file cannot be read.
    """
    return tuple(
        Example(
            id=f"table/{topic.id}/{variant.number}/{place}",
            topic=topic.title,
            variant=variant.number,
            scenario=variant.text,
            procedure=rated.procedure_name,
            rating=rated.rating,
            procedure_id=rated.procedure,
        )
        for topic in read_table(path)
        for variant in topic.variants
        for place, rated in enumerate(variant.ratings, 1)
        if not rated.panel_disagreed
    )


def panel_disagreed(table: Path | None = None) -> int:
    """How many ratings are no examples because the panel disagreed: of the table, else of the library."""
    if table is None:
        rated = (
            each
            for topic in library().topics.values()
            for variant in topic.variants
            for each in variant.ratings.values()
        )
        return sum(each.panel_disagreed for each in rated)
    return sum(
        each.panel_disagreed
        for topic in read_table(table)
        for variant in topic.variants
        for each in variant.ratings
    )


def class_balance(examples: Iterable[Example]) -> dict[Rating, int]:
    """How many examples have each rating, the best first."""
    counts = Counter(example.rating for example in examples)
    return {rating: counts[rating] for rating in Rating}


def write_jsonl(examples: Iterable[Example], path: Path) -> None:
    """One example a line; `read_jsonl` gives them back."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_record(example), ensure_ascii=False) + "\n" for example in examples)


def read_jsonl(path: Path) -> tuple[Example, ...]:
    """The examples of a file that `write_jsonl` wrote.

    Raises:
        ExamplesError: A line is not an example.
    """
    examples = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            examples.append(_example(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ExamplesError(f"line {number} is not an example") from None
    return tuple(examples)


def claims(reason: str, procedure: str) -> tuple[Sentence, ...]:
    """A reason as sentences that stand alone, one claim each; a leading "It" is the procedure."""
    parts = []
    for sentence in read_sentences(reason):
        for part in _CLAUSE_END.split(sentence.text):
            pronoun, _, rest = part.partition(" ")
            words = f"{procedure} {rest}" if pronoun.lower() == "it" else part[:1].upper() + part[1:]
            parts.append(words.rstrip(".") + ".")
    return tuple(Sentence(part) for part in dict.fromkeys(parts))


def _library_example(topic: Topic, variant: Variant, rated: RatedProcedure) -> Example:
    name = catalogue()[rated.procedure].name
    return Example(
        id=f"library/{topic.id}/{variant.id}/{rated.procedure}",
        topic=topic.source_topic,
        variant=variant.source_variant,
        scenario=variant.description,
        procedure=name,
        rating=rated.rating,
        procedure_id=rated.procedure,
        trace=claims(variant.reason, name) + claims(rated.reason, name),
    )


def _record(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "topic": example.topic,
        "variant": example.variant,
        "scenario": example.scenario,
        "procedure": example.procedure,
        "procedure_id": example.procedure_id,
        "rating": example.rating.value,
        "trace": [{"text": each.text, "citations": list(each.citations)} for each in example.trace],
        "evidence": list(example.evidence),
    }


def _example(record: dict[str, Any]) -> Example:
    trace = tuple(Sentence(each["text"], tuple(each["citations"])) for each in record["trace"])
    return Example(
        **{
            **record,
            "rating": Rating(record["rating"]),
            "trace": trace,
            "evidence": tuple(record["evidence"]),
        }
    )

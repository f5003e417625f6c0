"""Evidence for the library's examples: what the library says of the same study in other topics.

The library holds no abstracts, and papers are fetched by a site and not kept here. So the evidence that a
model learns to read and to cite is a precedent: the like study in the likest scenario of another topic, with
its rating and the reason. A precedent comes from the topics given as sources, never from the example's own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from model.reasoning.answer import LABELS, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from training.examples import Example

MOST: Final = 2
_WORD: Final = re.compile(r"[a-z]{3,}")
_COMMON: Final = frozenset(
    [
        *(
            "and",
            "are",
            "after",
            "before",
            "first",
            "for",
            "from",
            "has",
            "imaging",
            "initial",
            "next",
            "not",
        ),
        *("show", "shows", "study", "that", "the", "this", "who", "with", "without"),
    ]
)


def with_precedents(
    examples: Iterable[Example], sources: Iterable[Example], most: int = MOST
) -> tuple[Example, ...]:
    """The examples, each with at most `most` precedents out of `sources` as its evidence.

    A trace gains one sentence for each precedent, which cites it; an example without a trace gains none.
    """
    by_procedure: dict[str, list[tuple[frozenset[str], Example]]] = defaultdict(list)
    for source in sources:
        if source.trace:
            by_procedure[source.procedure].append((_words(source), source))
    return tuple(
        _with(example, list(_nearest(example, by_procedure[example.procedure], most))) for example in examples
    )


def _nearest(
    example: Example, candidates: list[tuple[frozenset[str], Example]], most: int
) -> Iterator[Example]:
    """The likest scenarios, one a topic, none of the example's own topic."""
    words = _words(example)
    ranked = sorted(candidates, key=lambda each: (-_alike(words, each[0]), each[1].id))
    seen = {example.topic}
    for _, source in ranked:
        if len(seen) > most:
            return
        if source.topic not in seen:
            seen.add(source.topic)
            yield source


def _with(example: Example, precedents: list[Example]) -> Example:
    if not precedents:
        return example
    cited = tuple(
        Sentence(f"It is {LABELS[each.rating].lower()} in another case: {_inside(each.scenario)}.", (number,))
        for number, each in enumerate(precedents, 1)
    )
    return replace(
        example,
        evidence=tuple(_passage(each) for each in precedents),
        trace=example.trace + cited if example.trace else (),
    )


def _passage(source: Example) -> str:
    """What the library says; the study is the one that is asked about, and is not named again."""
    return f"{_inside(source.scenario)}: {LABELS[source.rating].lower()}. {source.trace[-1].text}"


def _inside(scenario: str) -> str:
    return scenario[:1].lower() + scenario[1:].rstrip(".")


def _words(example: Example) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{example.topic} {example.scenario}".lower())) - _COMMON


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)

"""Why an order is placed: its own reason codes, and what the resources it points at carry.

An order may name its reason in another resource: a Condition of the problem list, of the same request or
inside the order itself, an Observation, or the report of an earlier study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chart.pointed import pointed_at
from chart.problems import Problem, Standing
from chart.results import Result
from chart.studies import Study
from terminology.coding import Concept
from terminology.systems import LOINC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chart.chart import Chart
    from chart.order import Order, Reference
    from chart.pointed import Pointed


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the order is for.

    `concepts` are its reasons, `notes` texts that tell more of them. `pointed` are the resources that it
    names as reason or as further information, each once.
    """

    concepts: tuple[Concept, ...]
    notes: tuple[str, ...]
    pointed: tuple[Pointed, ...]


def read_reasons(order: Order, chart: Chart) -> Reasons:
    """The reasons of an order, looked up in itself and in the chart.

    A reference to something that was not sent gives the words it was sent with.
    """
    concepts = list(order.reasons)
    notes = [*order.notes, *(detail.text for detail in order.details if detail.text)]
    pointed: list[Pointed] = []
    for reference in order.reason_references:
        meant = _meant(reference, order, chart)
        pointed.extend(meant)
        concepts.extend(concept for each in meant for concept in _reason(each))
        notes.extend(
            each.conclusion_text for each in meant if isinstance(each, Study) and each.conclusion_text
        )
        if not meant and reference.display:
            concepts.append(Concept(text=reference.display))
    for reference in order.supporting:
        pointed.extend(_meant(reference, order, chart))
    return Reasons(tuple(concepts), tuple(notes), tuple(dict.fromkeys(pointed)))


def pointed_problems(pointed: Iterable[Pointed]) -> tuple[Problem, ...]:
    """The problems among what an order points at."""
    return tuple(each for each in pointed if isinstance(each, Problem))


def pointed_results(pointed: Iterable[Pointed]) -> tuple[Result, ...]:
    """The results among what an order points at."""
    return tuple(each for each in pointed if isinstance(each, Result))


def pointed_studies(pointed: Iterable[Pointed]) -> tuple[Study, ...]:
    """The studies among what an order points at."""
    return tuple(each for each in pointed if isinstance(each, Study))


def _meant(reference: Reference, order: Order, chart: Chart) -> tuple[Pointed, ...]:
    if reference.target is None:
        return ()
    return pointed_at(reference.target, order.contained) or chart.pointed_at(reference.target)


def _reason(pointed: Pointed) -> Iterator[Concept]:
    if isinstance(pointed, Problem):
        if pointed.standing is not Standing.REFUTED:
            yield pointed.concept
    elif isinstance(pointed, Study):
        yield from pointed.conclusions
    elif pointed.verdict is None and not pointed.value.empty:
        yield pointed.value
    elif pointed.verdict != "negative" and all(coding.system != LOINC for coding in pointed.concept.codings):
        yield pointed.concept  # a LOINC code names the test; what it found is read as a result

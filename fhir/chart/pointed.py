"""What an order may point at for its reason: a problem, a result, or a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chart.problems import Problem, read_problem
from chart.results import Result, read_results
from chart.studies import Study, read_study

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chart.resource import Resource

Pointed = Problem | Result | Study


def read_pointed(resource: Resource) -> tuple[Pointed, ...]:
    """The problem, results or study that a resource is; `()` for any other."""
    if resource.type == "Observation":
        return read_results(resource)
    read = read_problem(resource) or read_study(resource)
    return () if read is None else (read,)


def pointed_at(target: str | None, among: Iterable[Pointed]) -> tuple[Pointed, ...]:
    """Those of `among` that the reference means; several for the parts of one panel."""
    return tuple(each for each in among if target in each.references)

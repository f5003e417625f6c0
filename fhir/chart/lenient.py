"""Reading a resource with `fhir.resources` although parts of it are not FHIR R4.

Only the elements that are read are validated; one that breaks a rule is dropped by its path, and the rest is
tried again. A DSTU2 status that is a bare code becomes the concept that R4 has in its place.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fhir_core.fhirabstractmodel import FHIRAbstractModel

    from chart.resource import Resource

Model = TypeVar("Model", bound="FHIRAbstractModel")

_TRIES: Final = 8
_CODES_ONCE_BARE: Final = ("clinicalStatus", "verificationStatus")
_NOT_STATED: Final = {"display": "not stated"}
_REQUIRED: Final[Mapping[str, Mapping[str, Any]]] = {
    "ServiceRequest": {"status": "unknown", "intent": "order", "subject": _NOT_STATED},
    "Condition": {"subject": _NOT_STATED},
    "Observation": {"status": "unknown", "code": {}},
    "AllergyIntolerance": {"patient": _NOT_STATED},
    "ImagingStudy": {"status": "unknown", "subject": _NOT_STATED},
    "DiagnosticReport": {"status": "unknown", "code": {}},
    "Procedure": {"status": "unknown", "subject": _NOT_STATED},
}


def read_leniently(resource: Resource, model: type[Model], elements: Iterable[str]) -> Model | None:
    """The named elements of the resource as a validated model, without those that are not valid R4.

    `None` where nothing readable is left. Required elements that the EHR left out do not matter here.
    """
    content: dict[str, Any] = dict(_REQUIRED.get(resource.type, {}))
    for element in elements:
        if resource.original.get(element) is not None:
            content[element] = _as_concept(element, resource.original[element])
    owned = False
    for _ in range(_TRIES):
        try:
            return model.model_validate(content)
        except ValidationError as error:
            if not owned:
                content, owned = copy.deepcopy(content), True
            paths = [each["loc"] for each in error.errors(include_url=False, include_input=False)]
            if not _drop(content, paths):
                return None
    return None


def _as_concept(element: str, value: Any) -> Any:
    if element in _CODES_ONCE_BARE and isinstance(value, str):
        return {"coding": [{"code": value}]}
    return value


def _drop(content: dict[str, Any], paths: Iterable[Sequence[int | str]]) -> bool:
    """Remove what stands at the paths, the last of each list first; False where nothing was removed."""
    dropped = False
    for path in sorted(paths, key=_later_first, reverse=True):
        parent: Any = content
        steps = [step for step in path if isinstance(step, int | str)]
        trail: list[tuple[Any, int | str]] = []
        for step in steps:
            if not _has(parent, step):
                break
            trail.append((parent, step))
            parent = parent[step]
        if trail:
            holder, step = trail[-1]
            del holder[step]
            dropped = True
    return dropped


def _later_first(path: Sequence[int | str]) -> tuple[tuple[int, str, int], ...]:
    return tuple((0, step, 0) if isinstance(step, str) else (1, "", step) for step in path)


def _has(holder: Any, step: int | str) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and step < len(holder)

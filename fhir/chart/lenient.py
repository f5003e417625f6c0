"""Reading a resource with `fhir.resources` although parts of it are not FHIR R4.

What an element's shape can make of the sent value is validated; an element that still breaks a rule is left
out. Elements that R4 requires and the EHR left out do not matter here: a stand-in takes their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fhir.resources.R4B.reference import Reference
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fhir_core.fhirabstractmodel import FHIRAbstractModel

    from chart.resource import Resource
    from chart.shapes import Shape

Model = TypeVar("Model", bound="FHIRAbstractModel")

NOT_STATED: Final = Reference(display="not stated")
"""Stands in for a reference that R4 requires; made once, because it need not be validated again."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one resource type that are read.

    `names`: those under which other versions of FHIR, or other choices of a type, have an element; the first
    that can be read counts. `only_one`: elements of which R4 allows one; the first counts. `required`: what
    stands in for elements that R4 requires.
    """

    shapes: Mapping[str, Shape]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_one: tuple[str, ...] = ()
    required: Mapping[str, Any] = field(default_factory=dict)


def read_leniently(resource: Resource, model: type[Model], elements: Elements) -> Model | None:
    """The elements of the resource as a validated model; `None` where R4 allows nothing that was sent."""
    content = dict(elements.required)
    content.update(_shaped(resource.original, elements))
    for name in [name for name in elements.only_one if name in content][1:]:
        del content[name]
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faulty = {
            each["loc"][0] for each in error.errors(include_url=False, include_input=False) if each["loc"]
        }
    kept = {name: value for name, value in content.items() if name not in faulty}
    try:
        return model.model_validate({**elements.required, **kept})
    except ValidationError:
        return None


def _shaped(original: Mapping[str, Any], elements: Elements) -> dict[str, Any]:
    shaped = {}
    for element, shape in elements.shapes.items():
        for name in elements.names.get(element, (element,)):
            sent = original.get(name)
            if sent is not None and (read := shape(sent)) is not None:
                shaped[element] = read
                break
    return shaped

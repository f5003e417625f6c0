"""A FHIR resource as it arrived: its type, its id, and the untouched original.

JSON of unknown shape enters here and nowhere else; what follows deals in values. Errors name the element and the
rule, never the content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
PATIENT_REFERENCES = ("subject", "patient")


class ResourceError(ValueError):
    """A resource breaks a rule: `element` says where, `rule` which."""

    def __init__(self, element: str, rule: str) -> None:
        super().__init__(f"{element}: {rule}")
        self.element = element
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `element` is the path at which it stood in the request."""

    type: str
    id: str | None
    original: Mapping[str, Any]
    element: str

    @property
    def reference(self) -> str | None:
        """`Type/id`, as other resources refer to it; `None` for a resource without id."""
        return None if self.id is None else f"{self.type}/{self.id}"

    @property
    def patient_reference(self) -> str | None:
        """The literal reference to its patient, relative; `None` where it has none."""
        for member in PATIENT_REFERENCES:
            value = self.original.get(member)
            if isinstance(value, dict) and isinstance(value.get("reference"), str):
                return relative_reference(value["reference"])
        return None


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of a Bundle or of a single read.

    `complete` is False where an OperationOutcome or a further page says that more exists than was sent.
    """

    found: tuple[Resource, ...]
    complete: bool


def relative_reference(reference: str) -> str:
    """The last `Type/id` of a reference, without its version: what two spellings of one target share."""
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def read_resource(value: object, element: str) -> Resource:
    """The resource that a JSON value is.

    Raises:
        ResourceError: It is no JSON object, or has no usable `resourceType`.
    """
    if not isinstance(value, dict):
        raise ResourceError(element, "must be a FHIR resource, a JSON object")
    type_ = value.get("resourceType")
    if not isinstance(type_, str) or not _TYPE.fullmatch(type_):
        raise ResourceError(f"{element}.resourceType", "must name a FHIR resource type")
    id_ = value.get("id")
    if id_ is not None and not (isinstance(id_, str) and _ID.fullmatch(id_)):
        raise ResourceError(f"{element}.id", "must be a FHIR id: 1 to 64 letters, digits, hyphens and dots")
    return Resource(type_, id_, value, element)


def read_resources(value: object, element: str) -> Resources:
    """The resources of a Bundle, or the one resource that is not a Bundle.

    Raises:
        ResourceError: An entry is no resource.
    """
    resource = read_resource(value, element)
    if resource.type != "Bundle":
        return Resources(tuple(_unless_outcome(resource)), complete=resource.type != "OperationOutcome")
    entries = resource.original.get("entry", [])
    if not isinstance(entries, list):
        raise ResourceError(f"{element}.entry", "must be an array")
    found = tuple(_entries(entries, element))
    kept = tuple(resource for resource in found if resource.type != "OperationOutcome")
    return Resources(kept, complete=len(kept) == len(found) and not _has_next_page(resource.original))


def _unless_outcome(resource: Resource) -> Iterator[Resource]:
    if resource.type != "OperationOutcome":
        yield resource


def _entries(entries: list[object], element: str) -> Iterator[Resource]:
    for index, entry in enumerate(entries):
        at = f"{element}.entry[{index}]"
        if not isinstance(entry, dict):
            raise ResourceError(at, "must be a JSON object")
        if entry.get("resource") is not None:
            yield read_resource(entry["resource"], f"{at}.resource")


def _has_next_page(bundle: Mapping[str, Any]) -> bool:
    links = bundle.get("link", [])
    return isinstance(links, list) and any(
        isinstance(link, dict) and link.get("relation") == "next" for link in links
    )

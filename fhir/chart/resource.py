"""A FHIR resource as it arrived: its type, its id, and the untouched original.

JSON of unknown shape enters here and nowhere else; what follows deals in values. Errors name the element and
the rule, never the content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9\-._]{1,128}")
"""Wider than FHIR, whose ids have no underscore and 64 characters: servers are known to send such."""
PATIENT_REFERENCES = ("subject", "patient")


class ResourceError(ValueError):
    """A resource breaks a rule: `element` says where, `rule` which."""

    def __init__(self, element: str, rule: str) -> None:
        super().__init__(f"{element}: {rule}")
        self.element = element
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    `element` is the path at which it stood in the request, `url` the `fullUrl` of its Bundle entry or, inside
    another resource, its fragment.
    """

    type: str
    id: str | None
    original: Mapping[str, Any]
    element: str
    url: str | None = None

    @property
    def reference(self) -> str | None:
        """`Type/id`, as other resources refer to it; `None` for a resource without id."""
        return None if self.id is None else f"{self.type}/{self.id}"

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference by which others may mean it, relative; `()` for a resource without id and URL."""
        url = None if self.url is None else relative_reference(self.url)
        return tuple(dict.fromkeys(each for each in (self.reference, url) if each))

    @property
    def contained(self) -> tuple[Resource, ...]:
        """The resources inside this one that have an id; what is no resource is left out."""
        inside = self.original.get("contained")
        if not isinstance(inside, list):
            return ()
        at = f"{self.element}.contained"
        return tuple(
            Resource(each["resourceType"], None, each, f"{at}[{index}]", f"#{each['id'].removeprefix('#')}")
            for index, each in enumerate(inside)
            if isinstance(each, dict)
            and isinstance(each.get("id"), str)
            and _is_type(each.get("resourceType"))
        )

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
    """The last `Type/id` of a reference, without its version: what two spellings of one target share.

    A fragment (`#reason`) and a URN come back as they are.
    """
    parts = reference.strip().split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def _is_type(value: object) -> bool:
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None


def read_resource(value: object, element: str, url: str | None = None) -> Resource:
    """The resource that a JSON value is.

    Raises:
        ResourceError: It is no JSON object, or has no usable `resourceType`.
    """
    if not isinstance(value, dict):
        raise ResourceError(element, "must be a FHIR resource, a JSON object")
    type_ = value.get("resourceType")
    if not _is_type(type_):
        raise ResourceError(f"{element}.resourceType", "must name a FHIR resource type")
    id_ = value.get("id")
    if id_ is not None and not (isinstance(id_, str) and _ID.fullmatch(id_)):
        raise ResourceError(f"{element}.id", "must be a FHIR id: letters, digits, hyphens and dots")
    return Resource(str(type_), id_, value, element, url)


def read_resources(value: object, element: str) -> Resources:
    """The resources of a Bundle, or the one resource that is not a Bundle.

    Raises:
        ResourceError: An entry is no resource.
    """
    resource = read_resource(value, element)
    if resource.type != "Bundle":
        return Resources(tuple(_unless_outcome(resource)), complete=resource.type != "OperationOutcome")
    entries = resource.original.get("entry")
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise ResourceError(f"{element}.entry", "must be an array")
    found = tuple(_entries(entries, element))
    kept = tuple(resource for resource in found if resource.type != "OperationOutcome")
    return Resources(kept, complete=len(kept) == len(found) and not _has_more(resource.original, len(kept)))


def _unless_outcome(resource: Resource) -> Iterator[Resource]:
    if resource.type != "OperationOutcome":
        yield resource


def _entries(entries: list[object], element: str) -> Iterator[Resource]:
    for index, entry in enumerate(entries):
        at = f"{element}.entry[{index}]"
        if not isinstance(entry, dict):
            raise ResourceError(at, "must be a JSON object")
        url = entry.get("fullUrl")
        if entry.get("resource") is not None:
            yield read_resource(entry["resource"], f"{at}.resource", url if isinstance(url, str) else None)


def _has_more(bundle: Mapping[str, Any], sent: int) -> bool:
    """Whether the Bundle names a next page, or a total greater than what it holds."""
    links, total = bundle.get("link"), bundle.get("total")
    if isinstance(total, int) and total > sent:
        return True
    return isinstance(links, list) and any(
        isinstance(link, dict) and link.get("relation") == "next" for link in links
    )

"""A patient's record that answers the FHIR reads and searches of prefetch templates.

It knows the subset of search that CDS Hooks allows: references, tokens, `_sort` and `_count`.
https://cds-hooks.hl7.org/STU2/#prefetch-template
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import simplejson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDS: Final = Path(__file__).with_name("records.json")
_TOKEN: Final = re.compile(r"\{\{\s*context\.(\w+)\s*\}\}")
_DATES: Final = ("effectiveDateTime", "performedDateTime", "started", "recordedDate")


class QueryError(ValueError):
    """A prefetch template that this EHR cannot answer; the key is then left out of the call."""


@dataclass(frozen=True, slots=True)
class Record:
    """All that the EHR holds on one patient, as FHIR R4 resources."""

    patient_id: str
    resources: tuple[Mapping[str, Any], ...]

    def answer(self, query: str) -> Mapping[str, Any]:
        """The resource of a read, or the searchset Bundle of a search.

        Raises:
            QueryError: The query is none that this record can answer.
        """
        path, _, parameters = query.partition("?")
        kind, _, logical_id = path.partition("/")
        if logical_id:
            found = [each for each in self._of_type(kind) if each.get("id") == logical_id]
            if not found:
                raise QueryError("the resource to read is not in the record")
            return found[0]
        return _searchset(self._search(kind, parse_qsl(parameters)))

    def prefetch(self, templates: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, Any]:
        """The answers to a service's templates; a template that cannot be answered has no key."""
        filled: dict[str, Any] = {}
        for key, template in templates.items():
            try:
                filled[key] = self.answer(fill(template, context))
            except QueryError:
                continue
        return filled

    def _of_type(self, kind: str) -> list[Mapping[str, Any]]:
        return [each for each in self.resources if each["resourceType"] == kind]

    def _search(self, kind: str, parameters: list[tuple[str, str]]) -> list[Mapping[str, Any]]:
        found = self._of_type(kind)
        count = len(found)
        for name, value in parameters:
            match name:
                case "patient" | "subject":
                    found = [each for each in found if _subject(each) == f"Patient/{value.split('/')[-1]}"]
                case "code" | "category" | "status":
                    found = [each for each in found if _has_token(each.get(name), value.split(","))]
                case "_sort":
                    found = sorted(found, key=_date, reverse=value.startswith("-"))
                case "_count" if value.isdecimal():
                    count = int(value)
                case _:
                    raise QueryError("a search parameter is none that this EHR knows")
        return found[:count]


def fill(template: str, context: Mapping[str, Any]) -> str:
    """The template with its tokens replaced by members of the hook's context.

    Raises:
        QueryError: A token names no simple member of the context.
    """

    def value(token: re.Match[str]) -> str:
        member = context.get(token[1])
        if not isinstance(member, str):
            raise QueryError("a token names no simple member of the context")
        return member

    query = _TOKEN.sub(value, template)
    if "{{" in query:
        raise QueryError("a token is not of the form context.member")
    return query


def read_records(path: Path = RECORDS) -> dict[str, Record]:
    """The bundled synthetic records, by patient id."""
    bundles = simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True)
    return {
        patient_id: Record(patient_id, tuple(entry["resource"] for entry in bundle["entry"]))
        for patient_id, bundle in bundles.items()
    }


def _searchset(found: list[Mapping[str, Any]]) -> dict[str, Any]:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    if found:
        bundle["entry"] = [{"resource": each, "search": {"mode": "match"}} for each in found]
    return bundle


def _subject(resource: Mapping[str, Any]) -> str | None:
    holder = resource.get("subject") or resource.get("patient") or {}
    reference: str | None = holder.get("reference")
    return reference


def _date(resource: Mapping[str, Any]) -> str:
    return next((str(resource[member]) for member in _DATES if member in resource), "")


def _has_token(element: object, wanted: list[str]) -> bool:
    """Whether an element holds one of the tokens `code` or `system|code`."""
    return any(code in wanted or f"{system}|{code}" in wanted for system, code in _codes(element))


def _codes(element: object) -> Iterator[tuple[str, str]]:
    if isinstance(element, str):
        yield "", element
    elif isinstance(element, list):
        for each in element:
            yield from _codes(each)
    elif isinstance(element, dict):
        for coding in element.get("coding", []):
            yield coding.get("system", ""), coding.get("code", "")

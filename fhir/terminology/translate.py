"""ICD-10-CM codes from a FHIR terminology server, for concepts that bring none: `ConceptMap/$translate`.

A licensed deployer's server knows maps that cannot be shipped. It is asked within a time limit, answers are
kept, and a server that fails is left alone for a while: an order is never kept waiting for it.
https://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

import requests
import urllib3

from terminology.coding import Coding
from terminology.systems import ICD_9_CM, ICD_10, ICD_10_CM, canonical_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminology.coding import Concept

_DIAGNOSES: Final = frozenset({ICD_10_CM, ICD_10, ICD_9_CM})
_NO_MATCH: Final = frozenset({"unmatched", "disjoint", "not-related-to"})
_MOST_KEPT: Final = 10_000
_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one call and all calls for one order may take, and how long a failing server is left alone."""

    call_seconds: float = 0.3
    order_seconds: float = 0.5
    pause_seconds: float = 30.0


class TerminologyServer:
    """A terminology server by its base address; safe to share between threads."""

    def __init__(
        self, base_url: str, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/ConceptMap/$translate"
        self._limits = limits or Limits()
        self._clock = clock
        self._session = requests.Session()
        self._kept: OrderedDict[tuple[str, str], tuple[Coding, ...]] = OrderedDict()
        self._lock = Lock()
        self._paused_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def complete(self, concepts: Iterable[Concept]) -> tuple[Concept, ...]:
        """The concepts, each with the ICD-10-CM codings that the server gives for it, where it had none."""
        deadline = self._clock() + self._limits.order_seconds
        return tuple(self._completed(concept, deadline) for concept in concepts)

    def _completed(self, concept: Concept, deadline: float) -> Concept:
        if any(coding.system in _DIAGNOSES for coding in concept.codings):
            return concept
        found: dict[Coding, None] = {}
        for coding in concept.codings:
            if coding.system and coding.code:
                found |= dict.fromkeys(self._translate(coding.system, coding.code, deadline))
        return replace(concept, codings=(*concept.codings, *found)) if found else concept

    def _translate(self, system: str, code: str, deadline: float) -> tuple[Coding, ...]:
        with self._lock:
            if (system, code) in self._kept:
                self._kept.move_to_end((system, code))
                return self._kept[system, code]
        now = self._clock()
        if now < self._paused_until or now >= deadline:
            return ()
        try:
            found = self._ask(system, code, min(self._limits.call_seconds, deadline - now))
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, RecursionError):
            self._paused_until = self._clock() + self._limits.pause_seconds
            return ()
        with self._lock:
            self._kept[system, code] = found
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _ask(self, system: str, code: str, seconds: float) -> tuple[Coding, ...]:
        asked = {"system": system, "code": code, "targetsystem": ICD_10_CM}
        accept = {"Accept": "application/fhir+json"}
        with self._session.get(
            self._url, params=asked, headers=accept, timeout=seconds, allow_redirects=False, stream=True
        ) as reply:
            reply.raise_for_status()
            if reply.is_redirect:
                raise ValueError("the terminology server redirects")
            body = reply.raw.read(_MOST_BYTES + 1, decode_content=True)
        if len(body) > _MOST_BYTES:
            raise ValueError("the terminology server's answer is too large")
        return tuple(dict.fromkeys(_matches(json.loads(body))))


def _matches(parameters: Any) -> list[Coding]:
    """The ICD-10-CM codings that a Parameters resource calls matches.

    Raises:
        ValueError: It is no Parameters resource.
    """
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        raise ValueError("the terminology server's answer is no Parameters resource")
    found = []
    for parameter in _parts(parameters.get("parameter")):
        if parameter.get("name") != "match":
            continue
        parts = {part.get("name"): part for part in _parts(parameter.get("part"))}
        relation = parts.get("equivalence", parts.get("relationship", {})).get("valueCode")
        coding = parts.get("concept", {}).get("valueCoding")
        if relation not in _NO_MATCH and isinstance(coding, dict):
            code, system = coding.get("code"), coding.get("system")
            if isinstance(code, str) and isinstance(system, str) and canonical_system(system) == ICD_10_CM:
                found.append(Coding(code, ICD_10_CM))
    return found


def _parts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []

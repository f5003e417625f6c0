"""The imaging-procedure catalogue: `catalogue()` finds a procedure by id, by code or by what was written.

The entries stand in procedures.yaml, their codes in maps/*.csv.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from terminology.compiled import compiled, digest_of
from terminology.procedure import Contrast, Laterality, Modality, Procedure, RadiationLevel
from terminology.procedure_text import Reader, Reading
from terminology.procedure_words import words
from terminology.systems import CPT, HCPCS, LOINC, SNOMED_CT, canonical_system

__all__ = [
    "Catalogue",
    "Contrast",
    "Laterality",
    "Modality",
    "Procedure",
    "RadiationLevel",
    "Reading",
    "catalogue",
]

PROCEDURES: Final = Path(__file__).with_name("procedures.yaml")

_WIDE: Final = {("spine",), ("extremity",)}
"""Regions of which an entry names no part: guidelines rate "spine area of interest" for any level."""

_MOST_READINGS: Final = 4_096

# In the order in which a procedure's codes are preferred.
_MAPS: Final = (
    (CPT, "cpt.csv"),
    (HCPCS, "hcpcs.csv"),
    (LOINC, "loinc.csv"),
    (SNOMED_CT, "snomed-procedure.csv"),
)


class Catalogue:
    """Every procedure the service knows, in the order of the file."""

    def __init__(self, procedures: Iterable[Procedure], relatives: Mapping[str, tuple[str, ...]]) -> None:
        self._by_id = {procedure.id: procedure for procedure in procedures}
        by_code: dict[tuple[str, str], list[Procedure]] = defaultdict(list)
        for procedure in self._by_id.values():
            for coding in procedure.codes:
                by_code[coding].append(procedure)
        self._by_code = {coding: tuple(found) for coding, found in by_code.items()}
        general: dict[tuple[Modality, Contrast, tuple[str, ...]], list[Procedure]] = defaultdict(list)
        for procedure in self._by_id.values():
            if procedure.regions in _WIDE:
                general[procedure.modality, procedure.contrast, procedure.techniques].append(procedure)
        self._general = general
        self._named_relatives = relatives
        self._parted: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._reader = Reader(tuple(self._by_id.values()))
        self._readings: dict[bytes, Reading] = {}

    def __getitem__(self, procedure_id: str) -> Procedure:
        return self._by_id[procedure_id]

    def __contains__(self, procedure_id: object) -> bool:
        return procedure_id in self._by_id

    def __iter__(self) -> Iterator[Procedure]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def coded(self, system: str, code: str) -> tuple[Procedure, ...]:
        """Every procedure the code covers; () when the system or the code is unknown here."""
        return self._by_code.get((canonical_system(system), code.strip().upper()), ())

    def stand_ins(self, procedure: Procedure) -> tuple[Procedure, ...]:
        """What guidelines may rate in its place, as the same examination under another name.

        First those of `maps/relatives.csv` (CT of the sinuses and of the face), then the entries of the same
        kind for an unnamed part of its region: MRI of the spine for a lumbar.
        """
        named = (self._by_id[each] for each in self._named_relatives.get(procedure.id, ()))
        wide = self._general.get((procedure.modality, procedure.contrast, procedure.techniques), ())
        return (*named, *(entry for entry in wide if entry != procedure and self.nested(procedure, entry)))

    def divided(self, procedure: Procedure) -> tuple[tuple[str, ...], ...]:
        """The ways to do the same study in parts: CTA of head and neck as CTA of the head and of the neck.

        Each is the ids of entries of the same modality, contrast and techniques that cover each region once.
        """
        if procedure.id not in self._parted:
            smaller = [
                entry
                for entry in self._by_id.values()
                if set(entry.regions) < set(procedure.regions)
                and (entry.modality, entry.contrast, entry.techniques)
                == (procedure.modality, procedure.contrast, procedure.techniques)
            ]
            self._parted[procedure.id] = (
                tuple(_covering(frozenset(procedure.regions), smaller)) if smaller else ()
            )
        return self._parted[procedure.id]

    @staticmethod
    def nested(one: Procedure, other: Procedure) -> bool:
        """Whether a region of one lies in, holds or is a region of the other."""
        inside = words().inside
        return any(
            inner == outer or outer in inside.get(inner, ()) or inner in inside.get(outer, ())
            for inner in one.regions
            for outer in other.regions
        )

    def read(self, text: str) -> Reading:
        """The procedures that an order's words name; see `terminology.procedure_text`.

        Orders repeat each other, so the newest readings are kept, under a digest: no text is.
        """
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        found = self._readings.get(digest)
        if found is None:
            if len(self._readings) >= _MOST_READINGS:
                self._readings.clear()
            found = self._readings[digest] = self._reader.read(text)
        return found


def _relatives() -> Mapping[str, tuple[str, ...]]:
    text = (files("terminology") / "maps" / "relatives.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        found[row["procedure"]] = (*found.get(row["procedure"], ()), row["relative"])
    return found


def _covering(regions: frozenset[str], entries: list[Procedure]) -> Iterator[tuple[str, ...]]:
    """Every choice of entries whose regions make up these, none of them twice."""
    if not regions:
        yield ()
        return
    first = min(regions)
    for entry in entries:
        if first in entry.regions and regions.issuperset(entry.regions):
            for others in _covering(regions.difference(entry.regions), entries):
                yield (entry.id, *others)


@cache
def catalogue() -> Catalogue:
    """The bundled catalogue, loaded once."""
    entries = compiled("procedures", digest_of([PROCEDURES]), _entries)
    codes = _codes()
    procedures = (_procedure(entry, tuple(codes[entry["id"]])) for entry in entries)
    return Catalogue(procedures, _relatives())


def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.load(PROCEDURES.read_bytes(), Loader=yaml.CSafeLoader)
    return entries


def _codes() -> Mapping[str, list[tuple[str, str]]]:
    codes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for system, name in _MAPS:
        text = (files("terminology") / "maps" / name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            codes[row["procedure"]].append((system, row["code"]))
    return codes


def _procedure(entry: Mapping[str, Any], codes: tuple[tuple[str, str], ...]) -> Procedure:
    return Procedure(
        id=entry["id"],
        name=entry["name"],
        modality=Modality(entry["modality"]),
        regions=tuple(entry.get("regions", ())),
        contrast=Contrast(entry.get("contrast", Contrast.NOT_APPLICABLE)),
        techniques=tuple(entry.get("techniques", ())),
        radiation_adult=_level(entry.get("adult")),
        radiation_child=_level(entry.get("child")),
        codes=codes,
        parts=tuple(entry.get("parts", ())),
    )


def _level(written: int | str | None) -> RadiationLevel | None:
    return None if written is None else RadiationLevel(str(written))

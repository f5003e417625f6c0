"""Which procedures an order means: by its codes first, by its words where no code is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terminology.procedures import Modality, catalogue
from terminology.systems import CPT, HCPCS, LOINC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terminology.coding import Concept
    from terminology.procedures import Procedure

_MOST_RELATIVES: Final = 3
"""A code that covers more procedures than this is a bin, and does not make them relatives."""
_OF_DISTINCT_FORM: Final = (CPT, HCPCS, LOINC)
"""Systems in one of which a code without system is looked for, once its words say nothing."""


def ordered_procedures(
    concept: Concept, further: Iterable[Concept] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The catalogue ids that the concept may mean, and their relatives, which stand in for them.

    Relatives have the same code, or are of an unnamed part of the same region. `further` are the order's
    details and body sites: they are read where its own code and words leave open which study is meant. Both
    are empty where the concept is no imaging procedure that the catalogue knows.
    """
    found = _imaging(next(_readings(concept), ()))
    if len(found) != 1:
        found = _narrowed(concept, tuple(words for each in further for words in each.texts), found)
    relatives = {
        sibling.id: None
        for procedure in found
        for system, code in procedure.codes
        if system == CPT and len(siblings := catalogue().coded(system, code)) <= _MOST_RELATIVES
        for sibling in siblings
        if sibling not in found and catalogue().nested(procedure, sibling)
    }
    relatives |= {entry.id: None for procedure in found for entry in catalogue().stand_ins(procedure)}
    return tuple(procedure.id for procedure in found), tuple(relatives)


def _readings(concept: Concept) -> Iterator[tuple[Procedure, ...]]:
    for coding in concept.codings:
        if coding.system and (coded := catalogue().coded(coding.system, coding.code)):
            yield coded
    for words in concept.texts:
        if read := catalogue().read(words).candidates:
            yield read
    for coding in concept.codings:
        for system in () if coding.system else _OF_DISTINCT_FORM:
            if coded := catalogue().coded(system, coding.code):
                yield coded


def _narrowed(
    concept: Concept, further: tuple[str, ...], found: tuple[Procedure, ...]
) -> tuple[Procedure, ...]:
    """Those of `found` that the further words leave, or what they make of words that name but a modality."""
    named = {region for words in further for region in catalogue().read(words).regions}
    found = tuple(procedure for procedure in found if not named.isdisjoint(procedure.regions)) or found
    for words in concept.texts if further and len(found) != 1 else ():
        if catalogue().read(words).modality in {None, Modality.NONE}:
            continue
        read = _imaging(catalogue().read(", ".join((words, *further))).candidates)
        left = tuple(procedure for procedure in read if procedure in found) if found else read
        if left:
            return left
    return found


def _imaging(procedures: tuple[Procedure, ...]) -> tuple[Procedure, ...]:
    return tuple(procedure for procedure in procedures if procedure.modality is not Modality.NONE)

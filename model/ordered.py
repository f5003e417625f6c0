"""Which procedures an order means: by its codes first, by its words where no code is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from terminology.procedures import Modality, catalogue
from terminology.systems import CPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminology.coding import Concept
    from terminology.procedures import Procedure

_MOST_RELATIVES: Final = 3
"""A code that covers more procedures than this is a bin, and does not make them relatives."""


def ordered_procedures(concept: Concept) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The catalogue ids that the concept may mean, and those of the same code that it does not name.

    Both are empty where the concept is no imaging procedure that the catalogue knows.
    """
    found = _imaging(next(_readings(concept), ()))
    relatives = {
        sibling.id: None
        for procedure in found
        for system, code in procedure.codes
        if system == CPT and len(siblings := catalogue().coded(system, code)) <= _MOST_RELATIVES
        for sibling in siblings
        if sibling not in found
    }
    return tuple(procedure.id for procedure in found), tuple(relatives)


def _readings(concept: Concept) -> Iterator[tuple[Procedure, ...]]:
    for coding in concept.codings:
        if coding.system and (coded := catalogue().coded(coding.system, coding.code)):
            yield coded
    for words in (concept.text, *(coding.display for coding in concept.codings)):
        if words and (read := catalogue().read(words).candidates):
            yield read


def _imaging(procedures: tuple[Procedure, ...]) -> tuple[Procedure, ...]:
    return tuple(procedure for procedure in procedures if procedure.modality is not Modality.NONE)

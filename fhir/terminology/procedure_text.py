"""Read an imaging order's words: "MRI L-spine w/o", "CT A/P with contrast", "RM encefalo senza mdc".

The text is cut into phrases of procedure_words.yaml, these into the studies it names, and each study is
matched to the catalogue. Only the first 500 characters are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from terminology.procedure import Contrast, Laterality, Modality, Procedure
from terminology.procedure_match import Matcher, Said
from terminology.procedure_study import Study, studies
from terminology.procedure_words import tokens, words

# Of each study, how many candidates are tried as a part of a combination.
_MOST_PARTS: Final = 4
# Regions of one study that are looked for in groups.
_MOST_REGIONS: Final = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """What an order says.

    `candidates` are best first: one when the words decide; several when they leave something open, such as
    the contrast, or name several studies; none when this is no imaging procedure the catalogue knows. What
    the words leave open is None or (). `nearest` are relatives where nothing fits but something was said.
    """

    candidates: tuple[Procedure, ...] = ()
    modality: Modality | None = None
    regions: tuple[str, ...] = ()
    contrast: Contrast | None = None
    techniques: tuple[str, ...] = ()
    laterality: Laterality | None = None
    nearest: tuple[Procedure, ...] = ()


class Reader:
    """Reads orders against a catalogue; the word table is loaded on the first reading."""

    def __init__(self, procedures: Sequence[Procedure]) -> None:
        self._procedures = procedures
        self._acts = {tuple(tokens(p.name)): p for p in procedures if p.modality is Modality.NONE}
        self._combined = {p.parts: p for p in procedures if p.parts}
        self._matcher: Matcher | None = None

    def read(self, text: str) -> Reading:
        """What the text says of an imaging procedure; any text at all can be read."""
        act = self._acts.get(tuple(tokens(text)))
        if act is not None:
            return _reading((act,), None)
        table = words()
        found = studies(table.cut(text), table)
        side = next((study.side for study in found if study.side), None)
        self._matcher = self._matcher or Matcher(self._procedures, table)
        fitting = [self._fitting(study, self._matcher) for study in found]
        candidates = self._together(fitting)
        if candidates:
            return _reading(candidates, side)
        first = found[0]
        return Reading(
            modality=first.modality,
            regions=first.regions,
            contrast=first.contrast,
            techniques=first.techniques,
            laterality=side,
            nearest=self._matcher.nearest(first.modality, first.regions) if first.modality else (),
        )

    def _fitting(self, study: Study, matcher: Matcher) -> tuple[Procedure, ...]:
        """The study's entries; where none covers its regions together, those of ever smaller groups."""
        if study.modality is None:
            return ()
        modality, techniques, left = (
            study.modality,
            frozenset(study.techniques),
            study.regions[:_MOST_REGIONS],
        )
        found: dict[Procedure, None] = {}
        for size in range(len(left), 0, -1) if left else (0,):
            for group in combinations(left, size):
                if set(group) <= set(left):
                    entries = matcher.fitting(Said(modality, frozenset(group), techniques, study.contrast))
                    found |= dict.fromkeys(entries)
                    left = tuple(region for region in left if not entries or region not in group)
            if not left:
                break
        return () if left else tuple(found)

    def _together(self, fitting: Sequence[tuple[Procedure, ...]]) -> tuple[Procedure, ...]:
        """The entry for studies done together, else the studies one after the other."""
        if len(fitting) > 1:
            parts = product(*(candidates[:_MOST_PARTS] for candidates in fitting[:_MOST_PARTS]))
            combined = [self._combined.get(tuple(p.id for p in each)) for each in parts]
            found = tuple(p for p in combined if p is not None)
            if found:
                return found
        return tuple(dict.fromkeys(p for candidates in fitting for p in candidates))


def _reading(candidates: tuple[Procedure, ...], side: Laterality | None) -> Reading:
    """The candidates with what they have in common."""
    first = candidates[0]
    return Reading(
        candidates=candidates,
        modality=first.modality,
        regions=first.regions
        if all(p.regions == first.regions for p in candidates)
        else _regions(candidates),
        contrast=first.contrast if all(p.contrast is first.contrast for p in candidates) else None,
        techniques=tuple(name for name in first.techniques if all(name in p.techniques for p in candidates)),
        laterality=side,
    )


def _regions(candidates: Sequence[Procedure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region for p in candidates for region in p.regions))

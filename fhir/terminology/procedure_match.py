"""Which entries of the catalogue fit what an order says: exactly, or as nearly as it allows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from terminology.procedure import Contrast, Modality, Procedure
from terminology.procedure_words import Words

_MOST_NEAREST: Final = 8
_WIDENINGS: Final = 2
_MAGNETIC_RESONANCE: Final = {Modality.MR, Modality.MRA, Modality.MRV}
_ENHANCED_UNLESS_SAID: Final = {Modality.CTA, Modality.CTV}
_OPEN_UNLESS_SAID: Final = _MAGNETIC_RESONANCE | {Modality.CT}
_ORDER: Final = tuple(Contrast)


@dataclass(frozen=True, slots=True)
class Said:
    """What an order, or one of the studies it names, says; `contrast` is None where it is open."""

    modality: Modality
    regions: frozenset[str]
    techniques: frozenset[str]
    contrast: Contrast | None


class Matcher:
    """The catalogue's procedures, indexed by what an order can say of them."""

    def __init__(self, procedures: Sequence[Procedure], words: Words) -> None:
        self._words = words
        self._imaging = [p for p in procedures if p.modality is not Modality.NONE and not p.parts]
        self._studies: dict[tuple[Modality, frozenset[str]], list[Procedure]] = defaultdict(list)
        for procedure in self._imaging:
            self._studies[procedure.modality, frozenset(procedure.regions)].append(procedure)
        self._containing: dict[tuple[Modality, str], list[frozenset[str]]] = defaultdict(list)
        for modality, regions in self._studies:
            for region in regions:
                self._containing[modality, region].append(regions)

    def fitting(self, said: Said) -> tuple[Procedure, ...]:
        """Every procedure the order may mean, best first; () when none fits."""
        plain = replace(said, techniques=said.techniques - self._words.qualifiers)
        return self._fitting(said) or (self._fitting(plain) if plain != said else ())

    def _fitting(self, said: Said) -> tuple[Procedure, ...]:
        usual = self._with_usual_technique(said)
        for study in self._studies_read(said):
            fitting = _of_study(study, usual) or _of_study(study, said)
            if fitting or said.regions:
                return fitting
        return ()

    def nearest(self, modality: Modality | None, regions: Collection[str]) -> tuple[Procedure, ...]:
        """At most eight relatives: of the same region or the one around, the same modality first."""
        around = {outer for region in regions for outer in (region, *self._words.inside.get(region, ()))}
        relatives = [p for p in self._imaging if around.intersection(p.regions)]
        relatives.sort(
            key=lambda p: (
                p.modality is not modality,
                not set(p.regions).intersection(regions),
                len(p.regions) + len(p.techniques),
            )
        )
        return tuple(relatives[:_MOST_NEAREST])

    def _with_usual_technique(self, said: Said) -> Said:
        usual = self._words.usual_techniques.get(said.modality)
        techniques = said.techniques or frozenset([usual] if usual else [])
        return replace(said, techniques=techniques)

    def _studies_read(self, said: Said) -> Iterator[Sequence[Procedure]]:
        """The entries of the regions as said, then of the regions read ever more freely."""
        needles = self._words.needles.intersection(said.techniques)
        for alternatives in self._region_sets(said):
            entries = [p for regions in alternatives for p in self._studies.get((said.modality, regions), ())]
            study = [p for p in entries if needles == self._words.needles.intersection(p.techniques)]
            if study:
                yield study

    def _region_sets(self, said: Said) -> Iterator[Collection[frozenset[str]]]:
        if not said.regions:
            yield [said.regions] if said.techniques else []
            for techniques in (said.techniques, frozenset[str]()):
                yield [frozenset(self._words.usual_regions.get((said.modality, techniques), ()))]
            return
        regions = self._joined(said.regions)
        yield [regions]
        inner = self._without_surrounding(regions)
        yield [inner]
        yield self._one_region_more(inner, said)
        for _ in range(_WIDENINGS):
            inner = frozenset(self._words.inside.get(region, (region,))[0] for region in inner)
            yield [inner]

    def _joined(self, regions: frozenset[str]) -> frozenset[str]:
        for parts, whole in self._words.wholes:
            if parts <= regions:
                regions = regions - parts | {whole}
        return regions

    def _without_surrounding(self, regions: frozenset[str]) -> frozenset[str]:
        surrounding = {outer for region in regions for outer in self._words.inside.get(region, ())}
        return regions - surrounding or regions

    def _one_region_more(self, regions: frozenset[str], said: Said) -> list[frozenset[str]]:
        return [
            wider
            for wider in self._containing.get((said.modality, min(regions)), ())
            if regions < wider
            and len(wider) == len(regions) + 1
            and any(said.techniques == set(p.techniques) for p in self._studies[said.modality, wider])
        ]


def _of_study(study: Sequence[Procedure], said: Said) -> tuple[Procedure, ...]:
    """Of one modality and region, those with the techniques said, else those with others besides."""
    exact = [p for p in study if said.techniques == set(p.techniques)]
    besides = sorted(
        (p for p in study if said.techniques < set(p.techniques)), key=lambda p: len(p.techniques)
    )
    return _with_contrast(exact, said) or _with_contrast(besides, said)


def _with_contrast(group: Sequence[Procedure], said: Said) -> tuple[Procedure, ...]:
    """Those of the group with the contrast said; all that differ by contrast alone where it is open."""
    accepted: list[tuple[Contrast, ...]] = []
    if said.contrast is None:
        if said.modality in _ENHANCED_UNLESS_SAID:
            accepted = [(Contrast.WITH,)]
        elif said.modality in _OPEN_UNLESS_SAID:
            accepted = [_ORDER]
        accepted.append((Contrast.NOT_APPLICABLE,))
    else:
        accepted = [(said.contrast,), (Contrast.NOT_APPLICABLE,)]
        if said.contrast is Contrast.WITHOUT_AND_WITH and said.modality not in _OPEN_UNLESS_SAID:
            accepted.insert(1, (Contrast.WITH,))  # the series before contrast belongs to the study
        if said.contrast is Contrast.WITH and said.modality in _MAGNETIC_RESONANCE:
            accepted.insert(1, (Contrast.WITHOUT_AND_WITH,))  # "with" is how it is ordered
    for contrasts in accepted:
        fitting = [p for p in group if p.contrast in contrasts]
        if fitting:
            return tuple(sorted(fitting, key=lambda p: (len(p.techniques), _ORDER.index(p.contrast))))
    return ()

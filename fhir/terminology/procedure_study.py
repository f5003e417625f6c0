"""The studies that an order's phrases name: "CT head w/o and CTA head and neck" names two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from terminology.procedure import Contrast, Laterality, Modality
from terminology.procedure_contrast import said_contrast
from terminology.procedure_words import Meaning, Phrase, Words

# Words that may stand between a weak word and the one that supports it.
_BETWEEN: Final = frozenset(
    {"a", "al", "alla", "allo", "del", "dell", "della", "dello", "di", "in", "of", "the"}
)
_NOTHING: Final = Meaning()


@dataclass(frozen=True, slots=True)
class Study:
    """One study as ordered; what the order leaves open is None or ()."""

    modality: Modality | None
    regions: tuple[str, ...]
    techniques: tuple[str, ...]
    contrast: Contrast | None
    speaks_of_contrast: bool
    side: Laterality | None


@dataclass(frozen=True, slots=True)
class _Words:
    """The phrases around one modality word."""

    modality: Modality | None
    phrases: tuple[Phrase, ...]
    added: tuple[str, ...] = ()

    @property
    def regions(self) -> frozenset[str]:
        return frozenset(r for phrase in self.phrases for meaning in phrase.meanings for r in meaning.regions)


def studies(phrases: Iterable[Phrase], table: Words) -> tuple[Study, ...]:
    """The studies the phrases name, in their order; one without a modality where no phrase names any."""
    found: list[_Words] = []
    for words in _split(_supported(tuple(phrases))):
        one = _one_study(found[-1], words, table) if found else None
        if one is None:
            found.append(words)
        else:
            found[-1] = one
    return _completed([_as_usual(_study(words), table) for words in found])


def _supported(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """The phrases without weak words that stand alone; of an indication, the words of contrast alone."""
    kept: list[Phrase] = []
    modality = region = stopped = False
    for place, phrase in enumerate(phrases):
        meanings = phrase.meanings
        if any(meaning.weak for meaning in meanings) and not (
            _understood(phrases[place + 1 :]) or _understood(phrases[:place][::-1])
        ):
            meanings = tuple(meaning for meaning in meanings if not meaning.weak)
        modality = modality or any(meaning.modality for meaning in meanings)
        region = region or any(meaning.regions for meaning in meanings)
        stopped = stopped or (modality and region and any(meaning.stop for meaning in meanings))
        if stopped and not any(meaning.contrast and not meaning.says_what for meaning in meanings):
            meanings = ()
        kept.append(Phrase(phrase.text, meanings))
    return tuple(kept)


def _understood(beside: Sequence[Phrase]) -> bool:
    """Whether the nearest word that counts stands in the table."""
    for phrase in beside:
        if not (phrase.text in _BETWEEN or phrase.text.isdigit()):
            return any(not meaning.stop for meaning in phrase.meanings)
    return False


def _split(phrases: Sequence[Phrase]) -> list[_Words]:
    """The phrases cut before each modality word but the first."""
    groups: list[tuple[Modality | None, list[Phrase]]] = [(None, [])]
    for phrase in phrases:
        modality = next((meaning.modality for meaning in phrase.meanings if meaning.modality), None)
        if modality is not None and groups[-1][0] is not None:
            groups.append((modality, []))
        elif modality is not None:
            groups[-1] = (modality, groups[-1][1])
        groups[-1][1].append(phrase)
    return [_Words(modality, tuple(group)) for modality, group in groups]


def _one_study(first: _Words, second: _Words, table: Words) -> _Words | None:
    """The two as one study; None when they are two."""
    if first.modality is None or second.modality is None:
        return None
    phrases, added = first.phrases + second.phrases, first.added + second.added
    both_placed = bool(first.regions and second.regions) and first.regions != second.regions
    if first.modality is second.modality:
        apart = both_placed and _differ_in_contrast(first, second)
        return None if apart else _Words(first.modality, phrases, added)
    pair = table.one_study.get(frozenset((first.modality, second.modality)))
    if pair is None or (both_placed and pair.technique is None):
        return None
    return _Words(pair.modality, phrases, added + ((pair.technique,) if pair.technique else ()))


def _differ_in_contrast(first: _Words, second: _Words) -> bool:
    one, other = _study(first), _study(second)
    return one.speaks_of_contrast and other.speaks_of_contrast and one.contrast is not other.contrast


def _study(words: _Words) -> Study:
    meanings = [_meaning(phrase, words.modality) for phrase in words.phrases]
    contrast, spoken = said_contrast(
        "".join(_letter(m, p) for m, p in zip(meanings, words.phrases, strict=True))
    )
    regions = dict.fromkeys(region for meaning in meanings for region in meaning.regions)
    techniques = dict.fromkeys(name for meaning in meanings for name in meaning.techniques)
    return Study(
        modality=words.modality,
        regions=tuple(regions),
        techniques=(*techniques, *words.added),
        contrast=contrast,
        speaks_of_contrast=spoken,
        side=next((meaning.side for meaning in meanings if meaning.side), None),
    )


def _as_usual(study: Study, table: Words) -> Study:
    """The study with the modality its technique implies, and without techniques another already says."""
    said = {also for technique in study.techniques for also in table.says_also.get(technique, ())}
    usual = (table.usual_modalities.get(technique) for technique in study.techniques)
    return replace(
        study,
        modality=study.modality or next((modality for modality in usual if modality), None),
        techniques=tuple(technique for technique in study.techniques if technique not in said),
    )


def _meaning(phrase: Phrase, modality: Modality | None) -> Meaning:
    """The phrase's meaning in a study of this modality: the first that holds for it."""
    return next((m for m in phrase.meanings if not m.only or modality in m.only), _NOTHING)


def _letter(meaning: Meaning, phrase: Phrase) -> str:
    if meaning.contrast:
        return meaning.contrast
    if meaning is _NOTHING or not phrase.meanings:
        return "x"
    return "r" if meaning.says_what or meaning.modality or meaning.side else ""


def _completed(found: Sequence[Study]) -> tuple[Study, ...]:
    """Each study with the region and the contrast that only its neighbour spells out."""
    completed: list[Study] = []
    for place, study in enumerate(found):
        others = (*found[place + 1 :], *found[:place][::-1])
        regions = study.regions or next((other.regions for other in others if other.regions), ())
        spoken = next((other for other in (study, *others) if other.speaks_of_contrast), study)
        completed.append(
            replace(
                study,
                regions=regions,
                contrast=spoken.contrast,
                speaks_of_contrast=spoken.speaks_of_contrast,
            )
        )
    return tuple(completed)

"""What changed between two releases: topics, variants and ratings added, removed and changed.

Variants are known again by their sentence, then by the sentence most like it, never by their number: a
release that only numbers them anew differs in nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from model.guideline.imported import ImportedRating, ImportedTopic, ImportedVariant

ALIKE: Final = 0.5
"""Share of words in common from which a sentence counts as the other, put in new words."""

_Item = TypeVar("_Item")
_Pairs = list[tuple[_Item | None, _Item | None]]


class Change(StrEnum):
    """What became of a topic, a variant or a rating."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class RatingChange:
    """What was and is said of a procedure; `None` where nothing was or is."""

    before: ImportedRating | None
    after: ImportedRating | None

    @property
    def procedure(self) -> str:
        """Its name now, or the last it had."""
        known = self.after or self.before
        return known.procedure_name if known else ""

    @property
    def change(self) -> Change:
        """Whether it was added, removed or changed."""
        return _change(self.before, self.after)


@dataclass(frozen=True, slots=True)
class VariantChange:
    """A variant before and after, and the ratings in which they differ."""

    before: ImportedVariant | None
    after: ImportedVariant | None
    ratings: tuple[RatingChange, ...]

    @property
    def change(self) -> Change:
        """Whether it was added, removed or changed."""
        return _change(self.before, self.after)

    @property
    def number(self) -> str:
        """Its number now, or the last it had."""
        known = self.after or self.before
        return known.number if known else "0"

    @property
    def reworded(self) -> bool:
        """Whether it is held to be the same variant in other words."""
        return bool(self.before and self.after and self.before.text != self.after.text)

    @property
    def renumbered(self) -> bool:
        """Whether only its place is another."""
        return bool(self.before and self.after and self.before.number != self.after.number)


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A topic before and after, and the variants in which they differ."""

    before: ImportedTopic | None
    after: ImportedTopic | None
    variants: tuple[VariantChange, ...]

    @property
    def change(self) -> Change:
        """Whether it was added, removed or changed."""
        return _change(self.before, self.after)

    @property
    def title(self) -> str:
        """Its title now, or the last it had."""
        known = self.after or self.before
        return known.title if known else ""


def differences(before: Sequence[ImportedTopic], after: Sequence[ImportedTopic]) -> tuple[TopicChange, ...]:
    """Every topic that differs, by title; a topic under another title is known by its sentences."""
    pairs = _paired(before, after, [lambda topic: topic.id, _sentences])
    changes = [
        TopicChange(old, new, _variant_changes(old.variants if old else (), new.variants if new else ()))
        for old, new in pairs
    ]
    return tuple(sorted(filter(_differs, changes), key=lambda change: change.title))


def _differs(topic: TopicChange) -> bool:
    old, new = topic.before, topic.after
    return (
        old is None or new is None or bool(topic.variants) or (old.title, old.year) != (new.title, new.year)
    )


def _sentences(topic: ImportedTopic) -> frozenset[str]:
    return frozenset(variant.text for variant in topic.variants)


def _variant_changes(
    before: Sequence[ImportedVariant], after: Sequence[ImportedVariant]
) -> tuple[VariantChange, ...]:
    pairs = _paired(before, after, [lambda variant: variant.text])
    reworded = _most_alike(
        [old for old, new in pairs if old and new is None], [new for old, new in pairs if new and old is None]
    )
    became = {old.number: new for old, new in reworded}
    found_again = {new.number for _, new in reworded}
    changes = []
    for old, new in pairs:
        if old is None and new is not None and new.number in found_again:
            continue
        now = became.get(old.number) if old and new is None else new
        change = VariantChange(
            old, now, _rating_changes(old.ratings if old else (), now.ratings if now else ())
        )
        if change.ratings or change.reworded or change.renumbered or change.change is not Change.CHANGED:
            changes.append(change)
    return tuple(sorted(changes, key=lambda each: int(each.number)))


def _most_alike(
    before: Sequence[ImportedVariant], after: Sequence[ImportedVariant]
) -> list[tuple[ImportedVariant, ImportedVariant]]:
    """Old variants with what they became, the most alike first, each taken once."""
    scored = sorted(
        ((_likeness(old.text, new.text), old, new) for old in before for new in after),
        key=lambda scored: (-scored[0], int(scored[1].number), int(scored[2].number)),
    )
    found: list[tuple[ImportedVariant, ImportedVariant]] = []
    for score, old, new in scored:
        taken = any(old is one or new is other for one, other in found)
        if score >= ALIKE and not taken:
            found.append((old, new))
    return found


def _likeness(one: str, other: str) -> float:
    words, others = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    return len(words & others) / len(words | others) if words | others else 0.0


def _rating_changes(
    before: Sequence[ImportedRating], after: Sequence[ImportedRating]
) -> tuple[RatingChange, ...]:
    pairs = _paired(
        before, after, [lambda said: said.procedure_name, lambda said: said.procedure or said.procedure_name]
    )
    changes = [
        RatingChange(old, new) for old, new in pairs if old is None or new is None or _said(old) != _said(new)
    ]
    return tuple(sorted(changes, key=lambda change: change.procedure))


def _said(rating: ImportedRating) -> tuple[object, ...]:
    return rating.rating, rating.radiation, rating.radiation_for, rating.panel_disagreed


def _paired(
    before: Iterable[_Item], after: Iterable[_Item], keys: Sequence[Callable[[_Item], Hashable]]
) -> _Pairs[_Item]:
    """Items with equal first keys, then of those left with equal second keys; then what stands alone."""
    pairs: _Pairs[_Item] = []
    old_left, new_left = list(before), list(after)
    for key in keys:
        waiting: dict[Hashable, list[_Item]] = {}
        for new in new_left:
            waiting.setdefault(key(new), []).append(new)
        alone = []
        for old in old_left:
            same = waiting.get(key(old))
            if same:
                pairs.append((old, same.pop(0)))
            else:
                alone.append(old)
        old_left, new_left = alone, [new for group in waiting.values() for new in group]
    return [*pairs, *((old, None) for old in old_left), *((None, new) for new in new_left)]


def _change(before: object, after: object) -> Change:
    if before is None:
        return Change.ADDED
    return Change.REMOVED if after is None else Change.CHANGED

"""What an order tells where a denial goes on over a comma: "no trauma, knee pain".

Such a list may deny all it names, or its first item alone. An order has a reason: where it tells of no other
and one complaint or injury stands in such lists, that is the reason. With several the order is asked about,
and everything else in such a list is unknown: neither denied nor stated. To take "saddle anesthesia" in "no
fever, saddle anesthesia" for denied would be a guess, and a dangerous one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from terminology.complaints import reasons
from terminology.findings import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminology.reading import Statement


@dataclass(frozen=True, slots=True)
class CommaLists:
    """How the statements of one order that stand behind a comma of a denial are meant.

    `reason` is the complaint that is the order's reason after all, and `asked` those of which one may be.
    `open_kinds` are kinds of what stands there: "no red flags, saddle anesthesia" leaves red flags open.
    """

    reason: str | None
    asked: tuple[str, ...]
    open_kinds: frozenset[str]

    def settled(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """The statements with those of such lists as they are meant; what is unknown is left out."""
        return tuple(said for each in statements if (said := self._meant(each)))

    def _meant(self, statement: Statement) -> Statement | None:
        if not statement.over_comma:
            left_open = statement.polarity == "absent" and statement.finding in self.open_kinds
            return None if left_open else statement
        if statement.finding == self.reason:
            return replace(statement, polarity="present", over_comma=False)
        return None


NO_LISTS: Final = CommaLists(None, (), frozenset())
"""An order none of whose denials goes on over a comma."""


def comma_lists(statements: Iterable[Statement]) -> CommaLists:
    """How the comma lists among all statements of one order are meant."""
    stated = tuple(statements)
    if not any(each.over_comma for each in stated):
        return NO_LISTS
    known = vocabulary()
    told = any(
        each.polarity == "present" and not each.past and not known[each.finding].of_order for each in stated
    )
    behind = {each.finding for each in stated if each.over_comma}
    kinds = frozenset[str]().union(*(known.ancestors[finding] - {finding} for finding in behind))
    listed = dict.fromkeys(each.finding for each in stated if each.over_comma and each.finding in reasons())
    if told or not listed:
        return CommaLists(None, (), kinds)
    broad = frozenset[str]().union(*(known.ancestors[finding] - {finding} for finding in listed))
    narrow = tuple(finding for finding in listed if finding not in broad)
    return CommaLists(narrow[0], (), kinds) if len(narrow) == 1 else CommaLists(None, narrow, kinds)

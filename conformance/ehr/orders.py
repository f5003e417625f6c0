"""The orders that the simulator fires, and what is expected of a service; they stand in `orders.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import simplejson

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDERS: Final = Path(__file__).with_name("orders.json")


@dataclass(frozen=True, slots=True)
class Expected:
    """What should come of an order: its PAMA code (`None`: none), if it needs a card, what to offer."""

    rating: str | None
    card: bool
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderCase:
    """One order of one patient, in a clinician's words and on the wire.

    `takes` is the code of the suggestion that the clinician takes, `None` where there is none to take.
    """

    id: str
    origin: str
    patient: str
    procedure: str
    indication: str
    because: str
    takes: str | None
    expected: Expected
    order: Mapping[str, Any]

    @property
    def from_connectathon(self) -> bool:
        """Whether the order is one of the connectathon's, whose outcome the guide settles."""
        return self.origin == "connectathon"


def read_orders(path: Path = ORDERS) -> tuple[OrderCase, ...]:
    """The cases, in the order of the file."""
    document = simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True)
    return tuple(_case(entry) for entry in document["orders"])


def _case(entry: Mapping[str, Any]) -> OrderCase:
    expected = entry["expected"]
    return OrderCase(
        id=entry["id"],
        origin=entry["origin"],
        patient=entry["patient"],
        procedure=entry["procedure"],
        indication=entry["indication"],
        because=entry["because"],
        takes=entry.get("takes"),
        expected=Expected(expected["rating"], expected["card"], tuple(expected.get("offers", ()))),
        order=entry["order"],
    )

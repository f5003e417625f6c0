"""A call fired again unchanged: the same rating without reading anything twice, and fresh ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.repeats import Repeats
from model.assess import assess
from model.guideline.library import library
from tests.fakes import HEADACHE, LOW_BACK_PAIN, SELECT, bundle, call, make_client, order, with_assess

if TYPE_CHECKING:
    from cds_service.services import Services
    from model.case import ImagingCase


def test_kept_until_too_old_or_too_many() -> None:
    """A result is made once for its time, and the oldest goes first."""
    now = [0.0]
    repeats: Repeats[str] = Repeats(most=2, seconds=10, clock=lambda: now[0])
    made: list[str] = []

    def recall(key: str) -> str:
        return repeats.recall(key.encode(), lambda: made.append(key) or key)

    assert [recall(key) for key in "aab"] == ["a", "a", "b"]
    recall("c")
    recall("a")
    now[0] = 11.0
    recall("c")
    assert made == ["a", "b", "c", "a", "c"]


def test_unchanged_call_is_assessed_once(services: Services) -> None:
    """Fired again, by another hook instance, an order is not assessed again; changed, it is."""
    assessed: list[ImagingCase] = []

    def judge(case: ImagingCase) -> object:
        assessed.append(case)
        return assess(case, library())

    client = make_client(with_assess(services, judge))
    first = call(order("72133", LOW_BACK_PAIN))
    replies = [
        client.post(SELECT, json={**first, "hookInstance": str(instance)}).json for instance in range(3)
    ]
    assert len(assessed) == 1
    assert len({reply["cards"][0]["uuid"] for reply in replies}) == 3
    client.post(SELECT, json=call(order("72133", HEADACHE)))
    client.post(SELECT, json={**first, "prefetch": {"conditions": bundle()}})
    assert len(assessed) == 3


def test_kept_rating_goes_on_the_order_of_this_call(services: Services) -> None:
    """What comes back is the order as it was sent now, not the one that was rated first."""
    client = make_client(services)
    for instance in ("1", "2"):
        asked = order("72133", LOW_BACK_PAIN)
        reply = client.post(SELECT, json={**call(asked), "hookInstance": instance}).json
        resource = reply["systemActions"][0]["resource"]
        assert {name: resource[name] for name in asked} == asked

"""From a call to rated orders: read the chart, gather, and assess each imaging order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cds_service.gather import gather
from chart.chart import read_chart
from chart.order import read_order
from model.intake import case_of_order, order_day

if TYPE_CHECKING:
    from datetime import date

    from cds_service.hooks.call import OrderCall
    from cds_service.services import Services
    from model.assessment import Assessment
    from model.case import ImagingCase


@dataclass(frozen=True, slots=True)
class RatedOrder:
    """What was concluded about the order at a position of the call, and the day the order was written.

    It holds nothing else of the patient's.
    """

    position: int
    case: ImagingCase
    assessment: Assessment
    day: date


def rated_orders(call: OrderCall, services: Services, today: date) -> tuple[RatedOrder, ...]:
    """The imaging orders of the call, rated; a call that says what one just before said is not read again."""
    digest = call.digest + today.isoformat().encode()
    return services.repeats.recall(digest, partial(_rate, call, services, today))


def _rate(call: OrderCall, services: Services, today: date) -> tuple[RatedOrder, ...]:
    orders = [(place, order) for place, each in enumerate(call.drafts) if (order := read_order(each))]
    if not orders:
        return ()
    chart = read_chart(call.parts)
    cases = [
        (
            place,
            order_day(order, today),
            case_of_order(gather(order, services.terminology_server), chart, today),
        )
        for place, order in orders
    ]
    return tuple(RatedOrder(place, case, services.assess(case), day) for place, day, case in cases if case)

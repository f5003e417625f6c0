"""From a call to rated orders: read the chart, gather, and assess each imaging order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cds_service.gather import gather
from chart.chart import read_chart
from chart.order import read_order
from model.evidence.question import question_of
from model.intake import case_of_order, order_day

if TYPE_CHECKING:
    from datetime import date

    from cds_service.hooks.call import OrderCall
    from cds_service.imported import InForce
    from cds_service.services import Services
    from chart.resource import Resource
    from model.assessment import Assessment
    from model.case import ImagingCase
    from model.evidence.paper import Evidence, EvidenceQuestion


@dataclass(frozen=True, slots=True)
class RatedOrder:
    """What was concluded about the order at a position of the call, and the day the order was written.

    It holds nothing else of the patient's. `question` is what the literature is searched for, `evidence` the
    papers that the assessment cites, `review` the key of a language model's review where one is wanted.
    """

    position: int
    case: ImagingCase
    assessment: Assessment
    day: date
    question: EvidenceQuestion | None = None
    evidence: tuple[Evidence, ...] = ()
    review: str | None = None


def rated_orders(call: OrderCall, services: Services, today: date, *, until: float) -> tuple[RatedOrder, ...]:
    """The imaging orders of the call, rated, with literature, and reviewed as far as that is done in time.

    The time ends at `until` (perf_counter). A call that says what one just before said is not read again.
    """
    imported = services.in_force
    digest = call.digest + f"{today.isoformat()} {imported.version}".encode()
    rated = services.repeats.recall(digest, partial(_rate, call, services, imported, today))
    if services.literature is not None:
        rated = services.literature.complete(rated, today)
    if services.reviewing is None:
        return rated
    order_keys = {each.position: order_key(call, call.drafts[each.position]) for each in rated}
    return services.reviewing.complete(rated, order_keys, until=until)


def order_key(call: OrderCall, order: Resource) -> str:
    """A digest that names the order while it is written: equal for one order, however worded."""
    named = f"{call.patient}\n{order.reference or order.element}"
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()


def _rate(call: OrderCall, services: Services, imported: InForce, today: date) -> tuple[RatedOrder, ...]:
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
    least = services.settings.least_confidence
    judge = partial(services.assess, licensed=imported.guidelines) if imported.guidelines else services.assess
    return tuple(
        _rated(place, case, day, judged=judge(case), least=least) for place, day, case in cases if case
    )


def _rated(place: int, case: ImagingCase, day: date, *, judged: Assessment, least: float) -> RatedOrder:
    procedure = judged.procedure or case.procedures[0]
    return RatedOrder(place, case, _worth_showing(judged, least), day, question_of(case, procedure))


def _worth_showing(assessment: Assessment, least: float) -> Assessment:
    """The assessment without an opinion that is more doubtful than an installation wants to show."""
    opinion = assessment.opinion
    return replace(assessment, opinion=None) if opinion and opinion.confidence < least else assessment

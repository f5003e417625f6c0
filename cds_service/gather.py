"""What prefetch left out: ICD-10-CM codes for orders' reasons, from a terminology server if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds_service.hooks.call import OrderCall
    from chart.order import Order
    from terminology.translate import TerminologyServer


def gather(call: OrderCall, server: TerminologyServer | None) -> OrderCall:
    """The call with its reasons completed; unchanged without a server."""
    if server is None:
        return call
    return replace(call, orders=tuple(_completed(order, server) for order in call.orders))


def _completed(order: Order, server: TerminologyServer) -> Order:
    return replace(order, reasons=server.complete(order.reasons))

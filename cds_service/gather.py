"""What an order's reasons lack: ICD-10-CM codes, from a terminology server if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chart.order import Order
    from terminology.translate import TerminologyServer


def gather(order: Order, server: TerminologyServer | None) -> Order:
    """The order with its reasons completed; unchanged without a server."""
    return order if server is None else replace(order, reasons=server.complete(order.reasons))

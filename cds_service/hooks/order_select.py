"""`order-select`: the clinician has chosen orders; only those are rated.

https://cds-hooks.org/hooks/order-select/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cds_service.hooks.call import read_call
from cds_service.protocol import OrderSelectCall, read
from chart.resource import relative_reference

if TYPE_CHECKING:
    from cds_service.hooks.call import OrderCall

HOOK: Final = "order-select"


def parse(value: object) -> OrderCall:
    """The call that a JSON request makes.

    Raises:
        RequestError: An element breaks a rule of the hook.
        ResourceError: A resource is not one.
    """
    call = read(OrderSelectCall, value)
    selections = frozenset(relative_reference(selection) for selection in call.context.selections)
    return read_call(call, call.context, HOOK, selections)

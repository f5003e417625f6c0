"""`order-sign`: the clinician is about to sign; every draft order is rated.

https://cds-hooks.org/hooks/order-sign/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cds_service.hooks.call import read_call
from cds_service.protocol import OrderSignCall, read

if TYPE_CHECKING:
    from cds_service.hooks.call import OrderCall

HOOK: Final = "order-sign"


def parse(value: object) -> OrderCall:
    """The call that a JSON request makes.

    Raises:
        RequestError: An element breaks a rule of the hook.
        ResourceError: A resource is not one.
    """
    call = read(OrderSignCall, value)
    return read_call(call, call.context, HOOK)

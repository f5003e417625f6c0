"""The log: one JSON object an event, from an allow-list of fields.

Nothing that a request carries is a field, so nothing of a patient's can get in.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

FIELDS: Final = frozenset(
    {
        "service",
        "status",
        "milliseconds",
        "orders",
        "rated",
        "cards",
        "feedback",
        "error",
        "place",
        "version",
        "address",
    }
)
_logger = logging.getLogger("apposite")


def configure(level: str) -> None:
    """Write events of this level and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _logger.handlers[:] = [handler]
    _logger.setLevel(level)
    _logger.propagate = False


def event(name: str, **fields: str | float) -> None:
    """Log an event, named `noun.verb-ed`.

    Raises:
        KeyError: A field is not on the allow-list.
    """
    unknown = fields.keys() - FIELDS
    if unknown:
        raise KeyError(f"log fields not on the allow-list: {', '.join(sorted(unknown))}")
    if _logger.isEnabledFor(logging.INFO):
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        _logger.info(json.dumps({"at": at, "event": name, **fields}))

"""JSON from an index, read without trust in its shape: what is not of the type that is asked for is empty."""

from __future__ import annotations

import json
from typing import Any

from model.evidence.search import ProviderError


def parsed(body: bytes, provider: str) -> dict[str, Any]:
    """The members of the object that a body holds; control characters in its strings are allowed.

    Raises:
        ProviderError: It is no JSON object.
    """
    try:
        value = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        raise ProviderError(f"{provider}: the reply is no JSON") from None
    if not isinstance(value, dict):
        raise ProviderError(f"{provider}: the reply is no JSON object")
    return value


def string(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def members(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}

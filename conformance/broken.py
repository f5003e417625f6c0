"""What a check finds: the requirement that is broken, and the element that breaks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, order=True)
class Broken:
    """A requirement of `requirements.csv`, by its id, and where a message breaks it; never the value."""

    requirement: str
    element: str


def text(value: object) -> bool:
    """Whether the value is a string with something in it."""
    return isinstance(value, str) and bool(value.strip())


def uuid(value: object) -> bool:
    """Whether the value is a UUID, without a prefix."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def absolute_url(value: object) -> bool:
    """Whether the value is an address of the web, with its host."""
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def members(value: object, element: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of an array, each with the element it stands at."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, dict):
                yield each, f"{element}[{index}]"


def empty_members(value: object, element: str = "") -> Iterator[str]:
    """The elements below a value that hold null, an empty string, array or object."""
    if value is None or (isinstance(value, str | list | dict) and not value):
        yield element
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from empty_members(each, f"{element}.{name}" if element else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from empty_members(each, f"{element}[{index}]")

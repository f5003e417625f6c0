"""The elements that are read, as R4 shapes them, taken from what may be another version of FHIR or no FHIR.

A shape turns any JSON value into the R4 form of one data type, or into `None` where nothing of it can be
read. So a DSTU2 status that is a bare code becomes a concept, an R5 `CodeableReference` its concept, one
object where R4 has a list a list of one, and a number where R4 has a string that string. Members that no
shape names are left out, however deep they are nested; lists are read as far as `MOST`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

Shape = Callable[[object], Any]

MOST: Final = 50
"""Items of one list that are read."""

_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ].*)?)?)?", re.DOTALL)
_NUMBER: Final = r"[0-9]{1,15}(?:[.,][0-9]{1,15})?"
_QUANTITY: Final = re.compile(
    rf"(?P<comparator><=|>=|<|>|≤|≥)?\s*(?P<value>{_NUMBER})\s*(?P<unit>[A-Za-zµμ%\[{{][^\s,;]{{0,20}})?"
)
_GROUPED: Final = re.compile(r"[0-9]{1,3},[0-9]{3}")
_COMPARATORS: Final = {"≤": "<=", "≥": ">=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_DAY: Final = 10
"""Characters of a full date."""
_FARTHEST: Final = timedelta(hours=14)
"""The time zone farthest from UTC that FHIR allows."""


def text(value: object) -> str | None:
    """A string that is not blank; a number as it was written."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if number(value) is None else str(value)


def code(value: object) -> str | None:
    """A code without the blanks around it."""
    written = text(value)
    return None if written is None else " ".join(written.split())


def flag(value: object) -> bool | None:
    """A boolean, also one that was written as a string."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def number(value: object) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        read = float(value)
    except (OverflowError, ValueError):
        return None
    return read if math.isfinite(read) else None


def date_time(value: object) -> str | None:
    """A date or dateTime; a time that FHIR does not allow is left off, and of a Period its end is taken."""
    if isinstance(value, dict):
        return _date_time(value.get("end")) or _date_time(value.get("start"))
    return _date_time(value)


def _date_time(value: object) -> str | None:
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not _exists(*match.groups()):
        return None
    written = match[0]
    if len(written) <= _DAY:
        return written
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written[:_DAY]
    offset = moment.utcoffset() or timedelta()
    if offset % timedelta(minutes=1) or abs(offset) > _FARTHEST:
        return written[:_DAY]
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def day(value: object) -> str | None:
    """A date, as far as it is known; a time behind it is left off."""
    read = date_time(value)
    return None if read is None else read[:_DAY]


def _exists(year: str, month: str | None, day_of_month: str | None) -> bool:
    try:
        date(int(year), int(month or 1), int(day_of_month or 1))
    except ValueError:
        return False
    return True


def quantity(value: object) -> dict[str, Any] | None:
    """A Quantity, a bare number, or a string that is a number with or without comparator and unit."""
    if isinstance(value, str):
        return _written_quantity(value)
    if not isinstance(value, dict):
        bare = number(value)
        return None if bare is None else {"value": bare}
    amount = value.get("value")
    read = _written_quantity(amount) if isinstance(amount, str) else quantity(number(amount))
    if read is None:
        return None
    comparator = _COMPARATORS.get(str(value.get("comparator")).strip())
    unit = text(value.get("unit")) or text(value.get("code"))
    return read | ({"comparator": comparator} if comparator else {}) | ({"unit": unit} if unit else {})


def _written_quantity(written: str) -> dict[str, Any] | None:
    match = _QUANTITY.fullmatch(written.strip())
    if match is None or _GROUPED.fullmatch(match["value"]):  # 1,200 is two different numbers in two countries
        return None
    read: dict[str, Any] = {"value": float(match["value"].replace(",", "."))}
    if match["comparator"]:
        read["comparator"] = _COMPARATORS[match["comparator"]]
    return read | ({"unit": match["unit"]} if match["unit"] else {})


def elements(members: Mapping[str, Shape]) -> Shape:
    """An object with the members that can be read; `None` where none can."""

    def read(value: object) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            return None
        found = {
            name: shaped
            for name, shape in members.items()
            if (sent := value.get(name)) is not None and (shaped := shape(sent)) is not None
        }
        return found or None

    return read


def many(shape: Shape) -> Shape:
    """A list of what can be read, at most `MOST`; one value outside a list is a list of one."""

    def read(value: object) -> list[Any] | None:
        sent = value[:MOST] if isinstance(value, list) else [value]
        found = [shaped for each in sent if each is not None and (shaped := shape(each)) is not None]
        return found or None

    return read


def one(shape: Shape) -> Shape:
    """What can be read; of a list, its first."""
    listed = many(shape)

    def read(value: object) -> Any:
        if not isinstance(value, list):
            return shape(value)
        found = listed(value)
        return found[0] if found else None

    return read


_CODING: Final = elements({"system": text, "code": code, "display": text})
_CONCEPT: Final = elements({"coding": many(_CODING), "text": text})
_REFERENCE: Final = elements({"reference": text, "display": text})


def coding(value: object) -> dict[str, Any] | None:
    """A Coding; of a CodeableConcept, its first, with the concept's text where that has no display."""
    if isinstance(value, dict) and isinstance(value.get("concept"), dict):
        value = value["concept"]
    if not isinstance(value, dict) or not ("coding" in value or "text" in value):
        sole: dict[str, Any] | None = _CODING({"code": value} if isinstance(value, str) else value)
        return sole
    read = _CONCEPT(value)
    if read is None:
        return None
    words = {"display": read["text"]} if "text" in read else {}
    return words | next(iter(read.get("coding", ())), {})


def concept(value: object) -> dict[str, Any] | None:
    """A CodeableConcept; a bare string is its text, a Coding its only coding."""
    if isinstance(value, dict) and not ("coding" in value or "text" in value):
        inner = value.get("concept")
        if isinstance(inner, dict):
            return concept(inner) if "concept" not in inner else None
        sole = _CODING(value)
        return None if sole is None else {"coding": [sole]}
    read: dict[str, Any] | None = _CONCEPT({"text": value} if isinstance(value, str) else value)
    return read


def reference(value: object) -> dict[str, Any] | None:
    """A Reference; a bare string is its literal reference."""
    if isinstance(value, dict) and isinstance(value.get("reference"), dict):
        value = value["reference"]
    read: dict[str, Any] | None = _REFERENCE({"reference": value} if isinstance(value, str) else value)
    return read


def annotation(value: object) -> dict[str, Any] | None:
    """An Annotation's text; a bare string is that text."""
    read: dict[str, Any] | None = elements({"text": text})(
        {"text": value} if isinstance(value, str) else value
    )
    return read


def with_stand_ins(shape: Shape, required: Mapping[str, Any]) -> Shape:
    """The shape, with stand-ins for members that R4 requires."""

    def read(value: object) -> dict[str, Any] | None:
        found = shape(value)
        return None if found is None else {**required, **found}

    return read

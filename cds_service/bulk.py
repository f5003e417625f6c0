"""Rating many cases: JSON lines in, JSON lines out.

A bad line becomes an error record, and the rest goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service import json_text
from cds_service.cases import answer, read_case
from cds_service.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from model.assessment import Assessment
    from model.case import ImagingCase


def rate_lines(
    lines: Iterable[bytes], assess: Callable[[ImagingCase], Assessment]
) -> Iterator[dict[str, Any]]:
    """One record for each line that is not blank: an answer, or `{"line", "error"}`.

    An error record carries the id where the line has one; the error names the element and the rule.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _rate_line(number, line, assess)


def _rate_line(number: int, line: bytes, assess: Callable[[ImagingCase], Assessment]) -> dict[str, Any]:
    try:
        value = json_text.read(line)
    except json_text.JSONTextError as error:
        return {"line": number, "error": f"line: {error}"}
    try:
        id_, case = read_case(value)
    except RequestError as error:
        named = value.get("id") if isinstance(value, dict) else None
        known = {"id": named} if isinstance(named, str | int) else {}
        return {**known, "line": number, "error": str(error)}
    return answer(id_, assess(case))

"""JSON lines in, JSON lines out. A bad line becomes an error record, and the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service import json_text
from cds_service.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def answer_lines(lines: Iterable[bytes], answer: Callable[[Any], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One record for each line that is not blank: what `answer` makes of it, or `{"line", "error"}`.

    An error record carries the id where the line has one; the error names the element and the rule.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _answered(number, line, answer)


def _answered(number: int, line: bytes, answer: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    try:
        value = json_text.read(line)
    except json_text.JSONTextError as error:
        return {"line": number, "error": f"line: {error}"}
    try:
        return answer(value)
    except RequestError as error:
        named = value.get("id") if isinstance(value, dict) else None
        known = {"id": named} if isinstance(named, str | int) else {}
        return {**known, "line": number, "error": str(error)}

"""JSON in and out, with decimals kept as they were written.

A FHIR decimal's trailing zeros carry meaning, and an order is returned whole: so numbers with a point are
read as `Decimal` and written back digit for digit. https://hl7.org/fhir/R4/json.html#decimal
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import simplejson
from flask import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRITER: Final = simplejson.JSONEncoder(use_decimal=True, separators=(",", ":"), ensure_ascii=False)


class JSONTextError(ValueError):
    """The text is no JSON that can be read; the message names the rule."""


def read(text: bytes) -> Any:
    """The JSON value of a UTF-8 text.

    Raises:
        JSONTextError: The text is not UTF-8, not JSON, nested too deeply, or holds a number too large.
    """
    try:
        decoded = text.decode("utf-8")
        value = simplejson.loads(decoded, use_decimal=True)
        if "\\u" in decoded:
            simplejson.dumps(value, use_decimal=True, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise JSONTextError("must be UTF-8 text") from error
    except RecursionError as error:
        raise JSONTextError("is nested too deeply") from error
    except ValueError as error:
        raise JSONTextError("must be JSON") from error
    return value


def write(value: Mapping[str, Any]) -> str:
    """The value as JSON text."""
    text: str = _WRITER.encode(value)
    return text


def response(value: Mapping[str, Any], status: int = 200) -> Response:
    """The value as a JSON response."""
    return Response(write(value), status=int(status), mimetype="application/json")

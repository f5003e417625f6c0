"""The OpenAPI document: the addresses of `openapi.json`, the request schemas of `protocol.py`."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cds_service.protocol import Feedback, OrderSelectCall, OrderSignCall

DOCUMENT: Final = Path(__file__).with_name("openapi.json")
_REQUESTS: Final = (OrderSelectCall, OrderSignCall, Feedback)
_REFUSALS: Final = ("400", "413", "415", "503")


@cache
def openapi() -> dict[str, Any]:
    """The document, complete: what a request must be, and every answer it can get."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    document["info"]["version"] = version("apposite")
    components = document["components"]
    components["requestBodies"] = {}
    for model in _REQUESTS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= schema.pop("$defs", {}) | {model.__name__: schema}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
        components["requestBodies"][model.__name__] = {"required": True, "content": content}
    for path in document["paths"].values():
        for method, operation in path.items():
            refusals = _REFUSALS if method == "post" else ("503",)
            errors = {code: {"$ref": "#/components/responses/Error"} for code in refusals}
            operation["responses"] = errors | operation["responses"]
    return document

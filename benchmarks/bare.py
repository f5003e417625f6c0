"""The yardstick of `load.py`: a Flask endpoint that parses the request and returns a small JSON answer."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

app = Flask("bare", static_folder=None)


@app.get("/readyz")
def ready() -> dict[str, str]:
    """Say that the process serves."""
    return {"status": "ok"}


@app.post("/cds-services/imaging-order-select")
def answer() -> dict[str, list[Any]]:
    """Parse the request and return no cards."""
    request.get_json()
    return {"cards": []}

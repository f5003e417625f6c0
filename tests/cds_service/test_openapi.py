"""Schemathesis against the service's own OpenAPI document."""

from __future__ import annotations

import tempfile
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_service.app import create_app
from tests.fakes import make_services

_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
schema = schemathesis.openapi.from_wsgi("/openapi.json", create_app(make_services(Path(_folder.name))))


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_the_document_describes(case: schemathesis.Case) -> None:
    """Whatever is sent, the status, the type and the shape of the answer are described, and none is a 500."""
    case.call_and_validate(
        checks=[
            not_a_server_error,
            content_type_conformance,
            response_schema_conformance,
            status_code_conformance,
        ]
    )

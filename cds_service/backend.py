"""The language model that an installation's settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.reasoning.backend import Backend

if TYPE_CHECKING:
    from cds_service.settings import Settings


def backend_of(settings: Settings) -> Backend:
    """How the model is reached, and how long a reply may take."""
    return Backend(
        settings.language_model,
        url=settings.language_model_url,
        name=settings.language_model_name,
        adapter=settings.language_model_adapter,
        api_key=settings.language_model_api_key.get_secret_value(),
        timeout_s=settings.review_timeout_s,
    )

"""Settings, read once from the environment; every problem is reported together, by name and rule.

Each is an environment variable `APPOSITE_<NAME>`. `docs/configuration.md` is made from this module.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PamaCode = Literal["appropriate", "not-appropriate", "no-criteria-apply", ""]


class SettingsError(Exception):
    """The environment does not make usable settings; the message lists every problem."""


class Settings(BaseSettings):
    """How one installation runs."""

    model_config = SettingsConfigDict(
        env_prefix="APPOSITE_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8080, ge=1, le=65535, description="Port the service listens on.")
    workers: int = Field(2, ge=1, le=64, description="Worker processes.")
    threads: int = Field(1, ge=1, le=64, description="Threads in each worker; 1 is fastest with SQLite.")
    database_url: str = Field(
        "sqlite:///apposite.db", description="SQLAlchemy URL of the consultation store."
    )
    queue_url: str = Field(
        "sqlite:///apposite-queue.db",
        description="Queue of the background worker: `sqlite:///FILE` or `redis://HOST:PORT/N`.",
    )
    order_select_budget_ms: int = Field(
        450, ge=10, le=10_000, description="Milliseconds within which order-select is answered."
    )
    order_sign_budget_ms: int = Field(
        4_000, ge=10, le=30_000, description="Milliseconds within which order-sign is answered."
    )
    most_waiting_reviews: int = Field(
        50, ge=0, le=10_000, description="Most reviews in line; further ones are not asked for."
    )
    send_model_ratings: bool = Field(
        default=False,
        description="Write a model's opinion on the order as a PAMA rating, where no guideline rates it.",
    )
    base_url: str = Field("", description="Public address of the service, for links; empty: no links.")
    terminology_server: str = Field(
        "", description="FHIR terminology server for `ConceptMap/$translate`; empty: none."
    )
    allowed_origins: str = Field(
        "*", description="Browser origins that may call the service, separated by commas; `*` for all."
    )
    max_body_bytes: int = Field(2_000_000, ge=10_000, description="Largest request body that is read.")
    cards_for_appropriate: bool = Field(
        default=False, description="Send a card for a usually appropriate order too."
    )
    legacy_system_actions: bool = Field(
        default=True, description="Repeat systemActions under `extension`, where the Argonaut guide has them."
    )
    may_be_appropriate_code: PamaCode = Field(
        "", description="PAMA code for *may be appropriate*; empty: such an order gets no PAMA rating."
    )
    consulted_code: str = Field(
        "example-gcode", min_length=1, description="G-code that names the mechanism consulted."
    )
    max_suggestions: int = Field(10, ge=1, le=50, description="Most suggestions on one card.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")

    def budget_s(self, hook: str) -> float:
        """Seconds within which a hook is answered."""
        milliseconds = self.order_sign_budget_ms if hook == "order-sign" else self.order_select_budget_ms
        return milliseconds / 1_000

    @field_validator("queue_url")
    @classmethod
    def _queue(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "redis://", "rediss://", "unix://")):
            raise ValueError("must begin with sqlite:///, redis://, rediss:// or unix://")
        return value

    @field_validator("base_url", "terminology_server")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/")


def read_settings() -> Settings:
    """The settings of the environment.

    Raises:
        SettingsError: Any of them breaks its rule; the message names all that do.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"APPOSITE_{'_'.join(str(part) for part in each['loc']).upper()}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("settings cannot be used: " + "; ".join(problems)) from error

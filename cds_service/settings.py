"""Settings, read once from the environment; every problem is reported together, by name and rule.

Each is an environment variable `APPOSITE_<NAME>`. `docs/configuration.md` is made from this module.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

LEAST_KEY: Final = 32
_ORIGIN: Final = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?")
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
    language_model: Literal["none", "embedded", "openai"] = Field(
        "none",
        description="Model that reviews what no guideline rates: `none`, `embedded` (llama.cpp in the "
        "worker) or `openai` (any server that speaks OpenAI's API, such as vLLM).",
    )
    language_model_url: str = Field(
        "", description="Address of the `openai` server, up to and including `/v1`."
    )
    language_model_name: str = Field(
        "", description="Model's name at the server, or a GGUF file; empty: the bundled weights."
    )
    language_model_adapter: str = Field(
        "",
        description="LoRA adapter: its name at the server, or a GGUF file; empty: at a server none, beside "
        "the bundled weights the one trained for them; `none`: none.",
    )
    language_model_api_key: SecretStr = Field(
        SecretStr(""), description="Key for the server; never shown or logged."
    )
    review_timeout_s: float = Field(
        30.0, ge=1, le=600, description="Seconds after which a review by the language model is given up."
    )
    least_confidence: float = Field(
        0.5, ge=0, le=1, description="Probability of being right below which a model's opinion is not shown."
    )
    send_model_ratings: bool = Field(
        default=False,
        description="Write a model's opinion on the order as a PAMA rating, where no guideline rates it.",
    )
    literature: Literal["none", "pubmed", "europe-pmc", "both"] = Field(
        "none",
        description="Index in which the worker searches for papers on an order: `none`, `pubmed`, "
        "`europe-pmc` or `both` (PubMed, and Europe PMC where it does not answer). Sent are words of the "
        "project's tables for reason and study, or allow-listed words of the order.",
    )
    literature_email: str = Field(
        "",
        description="Address that NCBI may write to about the requests; needed for PubMed.",
        validate_default=True,
    )
    literature_api_key: SecretStr = Field(
        SecretStr(""),
        description="NCBI's API key, for ten requests a second instead of three; never shown or logged.",
    )
    pubmed_url: str = Field(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        description="Address of the E-utilities, or of a mirror.",
    )
    europe_pmc_url: str = Field(
        "https://www.ebi.ac.uk/europepmc/webservices/rest",
        description="Address of Europe PMC's REST service, or of a mirror.",
    )
    literature_fresh_days: int = Field(
        90, ge=1, le=3_650, description="Days after which a search is made again."
    )
    literature_rewriting: bool = Field(
        default=False,
        description="Let the language model write one query of each search; "
        "where it cannot, the rules' stands.",
    )
    papers_per_search: int = Field(25, ge=1, le=200, description="Most papers that are taken of one search.")
    most_waiting_searches: int = Field(
        100, ge=0, le=10_000, description="Most searches in line; further ones are not asked for."
    )
    evidence_levels: str = Field(
        "",
        description="File that `apposite train evidence-level` wrote: papers get levels as the site's own "
        "labels teach; empty: by the rules.",
    )
    guidelines: str = Field(
        "guidelines", description="Folder of the licensed releases that `apposite guideline import` keeps."
    )
    base_url: str = Field(
        "",
        description="Public address of the service, for the links of cards to their companion pages; "
        "empty: no links, no pages.",
    )
    link_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs these links, 32 characters or more; never shown or logged. "
        "Empty: a random one, kept in the database.",
    )
    link_minutes: int = Field(
        480,
        ge=1,
        le=43_200,
        description="Minutes for which such a link can be opened; then what its page showed is forgotten.",
    )
    page_frames: str = Field(
        "none",
        description="Who may show a companion page in a frame: `none`, `self`, or origins such as "
        "`https://ehr.example`, separated by commas.",
    )
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

    @property
    def frame_ancestors(self) -> str:
        """Who may frame a companion page, as the source list of a Content-Security-Policy."""
        if self.page_frames in {"none", "self"}:
            return f"'{self.page_frames}'"
        return " ".join(each.strip() for each in self.page_frames.split(","))

    @property
    def has_background(self) -> bool:
        """Whether there is anything for a background worker to do."""
        return self.language_model != "none" or self.literature != "none"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.language_model == "openai" and not (self.language_model_url and self.language_model_name):
            raise ValueError("openai needs APPOSITE_LANGUAGE_MODEL_URL and APPOSITE_LANGUAGE_MODEL_NAME")
        return self

    @field_validator("literature_email")
    @classmethod
    def _reachable(cls, value: str, given: ValidationInfo) -> str:
        if given.data.get("literature") in {"pubmed", "both"} and "@" not in value:
            raise ValueError("must be an e-mail address where PubMed is searched: NCBI asks for it")
        return value

    @field_validator("evidence_levels")
    @classmethod
    def _trained(cls, value: str) -> str:
        if value:
            from model.evidence.trained_levels import load  # noqa: PLC0415 - most installations have none

            load(Path(value))
        return value

    @field_validator("queue_url")
    @classmethod
    def _queue(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "redis://", "rediss://", "unix://")):
            raise ValueError("must begin with sqlite:///, redis://, rediss:// or unix://")
        return value

    @field_validator("link_key")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        if value and len(value.get_secret_value()) < LEAST_KEY:
            raise ValueError(f"must have {LEAST_KEY} characters or more, or be empty")
        return value

    @field_validator("page_frames")
    @classmethod
    def _origins(cls, value: str) -> str:
        origins = [each.strip() for each in value.split(",")]
        if value not in {"none", "self"} and not all(map(_ORIGIN.fullmatch, origins)):
            raise ValueError("must be none, self, or origins such as https://ehr.example")
        return value

    @field_validator("base_url", "terminology_server", "language_model_url", "pubmed_url", "europe_pmc_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/")

    @field_validator("base_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        if any(each in value for each in "?# \t\n"):
            raise ValueError("must have no blank, query or fragment")
        return value


def read_settings() -> Settings:
    """The settings of the environment.

    Raises:
        SettingsError: Any of them breaks its rule; the message names all that do.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"{_variable(each['loc'])}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("settings cannot be used: " + "; ".join(problems)) from error


def _variable(place: tuple[int | str, ...]) -> str:
    """The variable of a problem; one that concerns several is told of the language model, the only such."""
    return f"APPOSITE_{'_'.join(map(str, place or ('language_model',))).upper()}"

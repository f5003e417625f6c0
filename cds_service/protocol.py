"""The CDS Hooks requests as they must be, checked with pydantic; what is not known is ignored.

https://cds-hooks.hl7.org/STU2/#calling-a-cds-service and #feedback
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cds_service.errors import RequestError

Model = TypeVar("Model", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, max_length=256)]


def _in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one that no calendar has there, such as the year 1 further east, is refused."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("has no equivalent in UTC") from error


_RULES: Final = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "list_type": "must be an array",
    "too_short": "must not be empty",
    "int_type": "must be an integer",
    "literal_error": "is not one of the allowed values",
    "value_error": "breaks a rule of the specification",
    "datetime_parsing": "must be a date and time",
    "datetime_from_date_parsing": "must be a date and time",
    "datetime_type": "must be a date and time",
    "timezone_aware": "must have a time zone",
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, strict=True, frozen=True)


class Authorization(_Wire):
    """`fhirAuthorization`: what a service needs to call the EHR's FHIR server."""

    access_token: Name = Field(max_length=16_384)
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str
    subject: Name


class Call(_Wire):
    """The members that every hook request has."""

    hook: Name
    hookInstance: Name  # noqa: N815 - the specification's own name
    fhirServer: Name | None = None  # noqa: N815
    fhirAuthorization: Authorization | None = None  # noqa: N815
    prefetch: dict[str, Any] | None = None
    extension: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _server_with_authorization(self) -> Call:
        if self.fhirAuthorization is not None and self.fhirServer is None:
            raise RequestError("fhirServer", "is required with fhirAuthorization")
        return self


class OrderSignContext(_Wire):
    """The context of `order-sign`: every unsigned order of the session."""

    userId: Name  # noqa: N815
    patientId: Name  # noqa: N815
    encounterId: str | None = None  # noqa: N815
    draftOrders: dict[str, Any]  # noqa: N815


class OrderSelectContext(OrderSignContext):
    """The context of `order-select`: the same, and which orders were just chosen."""

    selections: Annotated[list[Name], Field(min_length=1, max_length=200)]


class OrderSignCall(Call):
    """A request of the hook `order-sign`."""

    context: OrderSignContext


class OrderSelectCall(Call):
    """A request of the hook `order-select`."""

    context: OrderSelectContext


class Coding(_Wire):
    """An override reason as clients send it back; the display is often left out."""

    code: Name
    system: str | None = None
    display: str | None = None


class OverrideReason(_Wire):
    """Why a card was overridden: a coded reason, a comment, or both."""

    reason: Coding | None = None
    userComment: str | None = None  # noqa: N815


class AcceptedSuggestion(_Wire):
    """The uuid of a suggestion that was taken."""

    id: Name


class Outcome(_Wire):
    """What became of one card."""

    card: Name
    outcome: Literal["accepted", "overridden"]
    acceptedSuggestions: list[AcceptedSuggestion] | None = None  # noqa: N815
    overrideReason: OverrideReason | None = None  # noqa: N815
    outcomeTimestamp: Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)]  # noqa: N815


class Feedback(_Wire):
    """The body of a feedback request."""

    feedback: Annotated[list[Outcome], Field(min_length=1, max_length=1_000)]


def read(model: type[Model], value: object) -> Model:
    """The request that a JSON value is.

    Raises:
        RequestError: An element is missing or of the wrong type; it is named, with the rule.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise RequestError(_element(first["loc"]), _RULES.get(first["type"], "is not valid")) from None


def _element(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "request"

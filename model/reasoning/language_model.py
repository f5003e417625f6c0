"""What the reasoning asks of a language model, whoever runs it: complete under a schema, score labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system text and a user text. `digest` names the template that made them, for provenance.

    `last` ends the user text. What differs between the studies of one order stands there and nowhere else, so
    that a server which remembers how a prompt began reads the rest once for all of them.
    """

    system: str
    user: str
    digest: str
    last: str = ""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as a conversation of two messages."""
        user = "\n\n".join(filter(None, (self.user, self.last)))
        return [{"role": "system", "content": self.system}, {"role": "user", "content": user}]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote, with the ids it answers to; `adapter` is `None` where none was applied."""

    text: str
    model: str
    adapter: str | None = None


class Failure(StrEnum):
    """Why a model gave no usable reply."""

    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INVALID = "invalid"


class Health(StrEnum):
    """Whether a model can answer, or what is missing. A server that lists no models has refused."""

    READY = "ready"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    MODEL_ABSENT = "model-absent"
    ADAPTER_ABSENT = "adapter-absent"


class LanguageModelError(Exception):
    """The model gave no usable reply. The message names the failure and never the prompt or the reply."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"the language model's reply is {failure.value}")
        self.failure = failure


class LanguageModel(Protocol):
    """A model behind any server or library; safe to call from several threads."""

    @property
    def id(self) -> str:
        """The model and its adapter, as provenance names them."""

    def complete(  # noqa: PLR0913 - sampling has its settings
        self,
        prompt: Prompt,
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> Completion:
        """The model's completion; with `schema`, JSON that satisfies it, checked here.

        Raises:
            LanguageModelError: No reply in time, no server, or a reply that breaks the schema.
        """

    def score(
        self, prompt: Prompt, labels: Sequence[str], *, timeout_s: float | None = None
    ) -> Mapping[str, float]:
        """How likely the model finds each label as its answer: probabilities that add up to 1.

        Raises:
            LanguageModelError: No reply in time, no server, or one without usable probabilities.
        """

    def health(self) -> Health:
        """Whether the model can answer now. Never raises; asking a server may take two seconds."""

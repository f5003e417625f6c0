"""A language model behind an OpenAI-compatible HTTP server: vLLM in production, llama.cpp's own and others.

Servers differ in how they want a schema, and some ignore it: the ways are tried in turn until one gives a
valid reply, and that one is kept. Every reply is checked here.
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any, Final

import requests

from model.reasoning.chat import (
    completion_body,
    content,
    letter_probabilities,
    satisfying,
    schema_format,
    score_body,
)
from model.reasoning.deadline import DeadlineAdapter, ends_after
from model.reasoning.language_model import Completion, Failure, Health, LanguageModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from model.reasoning.language_model import Prompt

LARGEST_REPLY: Final = 1_000_000
"""Bytes of a reply; a larger one is refused unread."""

_CONNECT_S: Final = 2.0
_HEALTH_S: Final = 2.0
_PART: Final = 65_536
_RETRIES: Final = 2
_FIRST_PAUSE_S: Final = 0.1
_BUSY: Final = frozenset({429, 502, 503, 504})
_OK: Final = 200


class _RejectedError(Exception):
    """The server refused the request as it stood."""


class OpenAICompatible:
    """A model by its name at a server; with `adapter`, a LoRA adapter that the server serves by that name."""

    def __init__(  # noqa: PLR0913 - a server, a model, and the clocks that tests replace
        self,
        url: str,
        name: str,
        *,
        adapter: str | None = None,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/").removesuffix("/v1") + "/v1"
        self._name, self._adapter = name, adapter
        self._timeout_s, self._clock, self._sleep = timeout_s, clock, sleep
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc must not replace the key
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter(pool_maxsize=8))
        if api_key:
            self._session.headers["Authorization"] = f"Bearer {api_key}"
        self._way = 0

    @property
    def id(self) -> str:
        """The model's name, and the adapter's."""
        return f"{self._name}+{self._adapter}" if self._adapter else self._name

    def complete(  # noqa: PLR0913 - the protocol's
        self,
        prompt: Prompt,
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> Completion:
        """The model's completion (see `LanguageModel`)."""
        ends = self._ends(timeout_s)
        body = completion_body(prompt, max_tokens=max_tokens, temperature=temperature, seed=seed)
        ways = _ways(schema)
        for way in range(min(self._way, len(ways) - 1), len(ways)):
            try:
                text = satisfying(content(self._asked({**body, **ways[way]}, ends)), schema)
            except _RejectedError:
                continue
            except LanguageModelError as error:
                if error.failure is not Failure.INVALID:
                    raise
                continue
            if schema is not None:
                self._way = way
            return Completion(text, self._name, self._adapter)
        raise LanguageModelError(Failure.INVALID)

    def score(
        self, prompt: Prompt, labels: Sequence[str], *, timeout_s: float | None = None
    ) -> Mapping[str, float]:
        """How likely each label is (see `LanguageModel`); the server must report token probabilities."""
        try:
            reply = self._asked(score_body(prompt, labels), self._ends(timeout_s))
        except _RejectedError:
            raise LanguageModelError(Failure.INVALID) from None
        return dict(zip(labels, letter_probabilities(reply, len(labels)), strict=True))

    def health(self) -> Health:
        """Whether the server lists the model and the adapter now."""
        try:
            with (
                ends_after(_HEALTH_S),
                self._session.get(
                    f"{self._url}/models", timeout=_HEALTH_S, allow_redirects=False, stream=True
                ) as reply,
            ):
                if reply.status_code != _OK:
                    return Health.REFUSED
                listed = _listed(_body(reply))
        except requests.RequestException:
            return Health.UNREACHABLE
        except LanguageModelError:
            return Health.REFUSED
        if self._name not in listed:
            return Health.MODEL_ABSENT
        return Health.READY if self._adapter in {None, *listed} else Health.ADAPTER_ABSENT

    def _ends(self, timeout_s: float | None) -> float:
        return self._clock() + (self._timeout_s if timeout_s is None else timeout_s)

    def _asked(self, body: Mapping[str, Any], ends: float) -> object:
        """The reply to a request, tried again while the server is away or busy and time is left."""
        for attempt in range(_RETRIES + 1):
            try:
                return self._once(body, ends)
            except LanguageModelError as error:
                pause = random.uniform(0.5, 1.0) * _FIRST_PAUSE_S * 2**attempt  # noqa: S311 - no secret
                late = self._clock() + pause >= ends
                if error.failure is not Failure.UNAVAILABLE or attempt == _RETRIES or late:
                    raise
                self._sleep(pause)
        raise LanguageModelError(Failure.UNAVAILABLE)

    def _once(self, body: Mapping[str, Any], ends: float) -> object:
        left = ends - self._clock()
        if left <= 0:
            raise LanguageModelError(Failure.TIMEOUT)
        try:
            with (
                ends_after(left),
                self._session.post(
                    f"{self._url}/chat/completions",
                    json={"model": self._adapter or self._name, **body},
                    timeout=(min(_CONNECT_S, left), left),
                    allow_redirects=False,
                    stream=True,
                ) as reply,
            ):
                return _checked(reply)
        except requests.exceptions.ReadTimeout:
            raise LanguageModelError(Failure.TIMEOUT) from None
        except requests.RequestException:
            # a reply that is cut off at its deadline is reported as a lost connection
            raise LanguageModelError(self._unless_late(ends, Failure.UNAVAILABLE)) from None
        except LanguageModelError as error:
            raise LanguageModelError(self._unless_late(ends, error.failure)) from None

    def _unless_late(self, ends: float, failure: Failure) -> Failure:
        return Failure.TIMEOUT if self._clock() >= ends else failure


def _checked(reply: requests.Response) -> object:
    """The JSON of a reply to a request that the server took."""
    if reply.status_code in _BUSY:
        raise LanguageModelError(Failure.UNAVAILABLE)
    if reply.status_code != _OK:
        raise _RejectedError
    return _body(reply)


def _body(reply: requests.Response) -> object:
    """The JSON of a reply that is not too large."""
    read = bytearray()
    for part in reply.iter_content(_PART):
        read += part
        if len(read) > LARGEST_REPLY:
            raise LanguageModelError(Failure.INVALID)
    try:
        return json.loads(read)
    except (ValueError, RecursionError):
        raise LanguageModelError(Failure.INVALID) from None


def _listed(models: object) -> frozenset[str]:
    """The names in a server's list of models."""
    match models:
        case {"data": list(entries)}:
            return frozenset(str(each["id"]) for each in entries if isinstance(each, dict) and "id" in each)
    return frozenset()


def _ways(schema: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The ways in which servers take a schema; the last asks for none and leaves all to the check."""
    if schema is None:
        return [{}]
    return [
        schema_format(schema),
        {"structured_outputs": {"json": schema}},
        {"response_format": {"type": "json_object", "schema": schema}},
        {},
    ]

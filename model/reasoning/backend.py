"""Which language model an installation uses: none, the embedded one, or one behind a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from model.reasoning.embedded import Embedded, bundled_weights
from model.reasoning.openai_compatible import OpenAICompatible

if TYPE_CHECKING:
    from model.reasoning.language_model import LanguageModel

Kind = Literal["none", "embedded", "openai"]


@dataclass(frozen=True, slots=True)
class Backend:
    """How a model is reached.

    `name` is the model's at its server, or the path of a GGUF file, empty for the bundled weights; `adapter`
    a LoRA adapter's name at the server, or the path of its GGUF file. The key is not shown.
    """

    kind: Kind
    url: str = ""
    name: str = ""
    adapter: str = ""
    api_key: str = field(default="", repr=False)
    timeout_s: float = 30.0


def open_language_model(backend: Backend) -> LanguageModel | None:
    """The model; `None` where none is wanted. Nothing is loaded or asked yet.

    Raises:
        NotInstalledError: A package of the embedded model is absent; the message gives the remedy.
    """
    match backend.kind:
        case "none":
            return None
        case "embedded":
            weights = Path(backend.name) if backend.name else bundled_weights()
            adapter = Path(backend.adapter) if backend.adapter else None
            return Embedded(weights, adapter=adapter, timeout_s=backend.timeout_s)
        case "openai":
            return OpenAICompatible(
                backend.url,
                backend.name,
                adapter=backend.adapter or None,
                api_key=backend.api_key or None,
                timeout_s=backend.timeout_s,
            )

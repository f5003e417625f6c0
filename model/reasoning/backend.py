"""Which language model an installation uses: none, the embedded one, or one behind a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from model.reasoning.embedded import Embedded, bundled_weights
from model.reasoning.openai_compatible import OpenAICompatible
from terminology.compiled import digest_of

if TYPE_CHECKING:
    from model.reasoning.language_model import LanguageModel

Kind = Literal["none", "embedded", "openai"]


ADAPTER: Final = Path(__file__).with_name("adapters") / "apposite-smollm2-graded.gguf"
"""The adapter to the bundled weights that was trained on the guideline library (`docs/model-card.md`)."""
NO_ADAPTER: Final = frozenset({"", "none"})


@dataclass(frozen=True, slots=True)
class Backend:
    """How a model is reached.

    `name` is the model's at its server, or the path of a GGUF file, empty for the bundled weights. `adapter`
    is a LoRA adapter's name at the server, or the path of its GGUF file; empty for the one that comes with
    the bundled weights, `none` for none. The key is not shown.
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
            return Embedded(weights, adapter=adapter_file(backend), timeout_s=backend.timeout_s)
        case "openai":
            return OpenAICompatible(
                backend.url,
                backend.name,
                adapter=adapter_name(backend),
                api_key=backend.api_key or None,
                timeout_s=backend.timeout_s,
            )


def adapter_file(backend: Backend) -> Path | None:
    """The adapter of an embedded model; weights of one's own have none unless one is named."""
    if backend.kind != "embedded":
        return None
    if backend.adapter in NO_ADAPTER:
        return None if backend.adapter or backend.name else ADAPTER
    return Path(backend.adapter)


def adapter_name(backend: Backend) -> str | None:
    """What an adapter is called at its server, or its file without the ending; `None` where there is none."""
    if backend.kind == "openai":
        return None if backend.adapter in NO_ADAPTER else backend.adapter
    file = adapter_file(backend)
    return file.stem if file else None


def identity_of(backend: Backend) -> str:
    """Names the model and its adapter, so that another one's results are not taken for theirs.

    An adapter's file is named by its content, an absent one by its path.
    """
    file = adapter_file(backend)
    held = digest_of((file,)) if file and file.is_file() else str(file or backend.adapter)
    return f"{backend.kind} {backend.name} {held}"

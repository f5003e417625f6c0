"""How the training's commands name a language model: none, the embedded one, or one behind a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from model.reasoning.backend import Backend, open_language_model
from model.reasoning.embedded import NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.reasoning.backend import Kind
    from model.reasoning.language_model import LanguageModel

KEY_VARIABLE: Final = "APPOSITE_LANGUAGE_MODEL_API_KEY"


def model_options(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options that choose the model of a role, such as `--judge`, `--judge-url` and `--judge-name`."""
    options = (
        click.option(
            f"--{role}",
            type=click.Choice(["none", "embedded", "openai"]),
            default="none",
            show_default=True,
            help=f"The {role}: the embedded model, or one behind an OpenAI-compatible server.",
        ),
        click.option(f"--{role}-url", default="", help=f"The {role}'s server, with its /v1."),
        click.option(
            f"--{role}-name", default="", help=f"The {role}'s name at the server, or its GGUF file."
        ),
        click.option(
            f"--{role}-adapter", default="", help="A LoRA adapter's name at the server, or its GGUF file."
        ),
        click.option(
            f"--{role}-key", default="", envvar=KEY_VARIABLE, show_envvar=True, help="The server's key."
        ),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def opened(  # noqa: PLR0913 - one option each
    kind: Kind, *, url: str, name: str, adapter: str, key: str, timeout_s: float = 120.0
) -> LanguageModel | None:
    """The model that the options name, without an adapter unless one is named; `None` where they name none.

    Raises:
        ClickException: The embedded model's packages are absent, or a server's address or model is not named.
    """
    if kind == "openai" and not (url and name):
        raise click.UsageError("a model behind a server needs its URL and its name")
    try:
        return open_language_model(Backend(kind, url, name, adapter or "none", key, timeout_s))
    except NotInstalledError as error:
        raise click.ClickException(str(error)) from error

"""The stages of training that need its libraries, imported only by the command that needs them."""

from __future__ import annotations

import importlib
from typing import Any, Final

import click

NOT_INSTALLED: Final = "the training's libraries are not installed: pip install '.[train]'"
_ALONE: Final = frozenset({"numpy"})
"""What a stage may need without the other libraries."""


def stage(name: str) -> Any:
    """The module of this full name.

    Raises:
        ClickException: A library that it needs is absent; the message gives the remedy.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in _ALONE:
            raise click.ClickException(f"{error.name} is not installed: pip install {error.name}") from error
        raise click.ClickException(f"{NOT_INSTALLED} ({error.name} is missing)") from error

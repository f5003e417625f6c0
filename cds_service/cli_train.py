"""`apposite train`: the training's commands, which are loaded only when one of them is called."""

from __future__ import annotations

import importlib

import click
from typing_extensions import override


class Train(click.Group):
    """The group of `training.cli`, imported late: nothing that serves imports the training."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(command.name for command in _commands() if command.name)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return next((command for command in _commands() if command.name == cmd_name), None)


def _commands() -> tuple[click.Command, ...]:
    return tuple(importlib.import_module("training.cli").COMMANDS)


train = Train("train", help="Make examples, fine-tune, train by rewards, measure, export.")

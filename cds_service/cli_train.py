"""`apposite train` and `apposite evaluate`, loaded when called: nothing that serves imports the training."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from model.evidence.paper import Paper


class Train(click.Group):
    """The group of `training.cli`."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(command.name for command in _commands() if command.name)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return next((command for command in _commands() if command.name == cmd_name), None)


def _commands() -> tuple[click.Command, ...]:
    return tuple(importlib.import_module("training.cli").COMMANDS)


def _papers(pmids: Collection[str]) -> Mapping[str, Paper]:
    """The papers of PMIDs; the training is handed this, since it knows no store."""
    from cds_service.evidence_commands import papers_named  # noqa: PLC0415 - one of its commands needs it

    return papers_named(pmids)


train = Train(
    "train",
    context_settings={"obj": _papers},
    help="Make examples, fine-tune, train by rewards, export; fit the rater and a scorer of evidence levels.",
)


@click.command(
    add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)
@click.pass_context
def evaluate(context: click.Context) -> None:
    """Measure systems on a split of the examples; `apposite evaluate --help` lists them."""
    command: click.Command = importlib.import_module("training.cli_evaluate").evaluate
    command.main(context.args, prog_name=context.command_path, standalone_mode=False)

"""Where in a YAML or JSON text a value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence


def line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """The line of the node at `path`, or of the deepest on the way to it that exists; else 1."""
    for position, step in enumerate(path):
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            node = found[0] if position == len(path) - 1 else found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
    return int(node.start_mark.line) + 1 if node else 1

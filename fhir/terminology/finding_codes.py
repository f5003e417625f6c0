"""The codes of a findings file: each ICD-10-CM prefix begins a code of the edition, each SNOMED CT id is one.

A SNOMED CT id ends in a check digit after Verhoeff, which finds every wrong digit and nearly every swap.
https://confluence.ihtsdotools.org/display/DOCRELFMT/Appendix+C%3A+Check-digit+computation
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from terminology.sorted_table import TABLES, SortedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CODES: Final = TABLES / "icd10cm.tsv.gz"
"""The table that prefixes are compared with."""

_ICD_PREFIX: Final = re.compile(r"[A-Z]([0-9]([0-9A-Z](\.?[0-9A-Z]{1,4})?)?)?", re.ASCII)
_SNOMED_ID: Final = re.compile(r"[1-9][0-9]{5,17}", re.ASCII)
_ROTATION: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Where each digit goes when its place moves on by one."""
_HALF_TURN: Final = 5


def code_problems(text: str, file: str) -> Iterator[str]:
    """Each code of the findings file that cannot be right, as `file:line: rule`; the file is good YAML."""
    table = SortedTable.load(CODES.name)
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    for finding, system, node in _codes(root):
        code = str(node.value)
        line = node.start_mark.line + 1
        if system == "icd10cm" and not _begins_a_code(code, table):
            yield f"{file}:{line}: finding {finding}: ICD-10-CM {code} begins no code of the edition"
        if system == "snomed" and not is_snomed_id(code):
            yield f"{file}:{line}: finding {finding}: SNOMED CT {code} has a wrong check digit or shape"


def is_snomed_id(code: str) -> bool:
    """Whether the text has the shape of a SNOMED CT id and its check digit."""
    if not _SNOMED_ID.fullmatch(code):
        return False
    sum_ = 0
    for place, digit in enumerate(reversed(code)):
        sum_ = _joined(sum_, _moved(int(digit), place))
    return sum_ == 0


def _moved(digit: int, places: int) -> int:
    for _ in range(places % 8):
        digit = _ROTATION[digit]
    return digit


def _joined(one: int, other: int) -> int:
    """The product of two elements of the pentagon's symmetries: five turns, and five turned over."""
    turned = (one + other if one < _HALF_TURN else one - other) % _HALF_TURN
    return turned if (one < _HALF_TURN) == (other < _HALF_TURN) else turned + _HALF_TURN


def _begins_a_code(prefix: str, table: SortedTable) -> bool:
    plain = prefix.replace(".", "")
    return bool(_ICD_PREFIX.fullmatch(prefix)) and next(table.prefixed(plain), None) is not None


def _codes(root: yaml.Node | None) -> Iterator[tuple[str, str, yaml.ScalarNode]]:
    """Finding, code system and node of every code, present or absent."""
    for _, findings in _members(root):
        for finding in findings.value if isinstance(findings, yaml.SequenceNode) else ():
            members = dict(_members(finding))
            id_ = getattr(members.get("id"), "value", "?")
            for holder in (members, dict(_members(members.get("absent")))):
                for system in ("icd10cm", "snomed"):
                    yield from ((id_, system, node) for node in _listed(holder.get(system)))


def _members(node: Any) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)


def _listed(node: yaml.Node | None) -> Iterable[yaml.ScalarNode]:
    return node.value if isinstance(node, yaml.SequenceNode) else ()

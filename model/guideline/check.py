"""What a topic file must satisfy: the schema, that everything it names exists, and that it says no nonsense.

Each broken rule is a `Problem` with file and line, so that whoever writes a topic sees where to look. Topics
are checked alone (`check_topic`) and beside each other (`check_topics`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator

from model.guideline.fidelity import changed_since, unlike_its_sisters
from model.guideline.logic import broken_conditions
from model.guideline.places import line_of
from model.guideline.topic import read_topic
from terminology.procedures import Modality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from jsonschema.protocols import Validator

    from terminology.findings import Vocabulary
    from terminology.procedures import Catalogue

SCHEMA = Path(__file__).with_name("topic.schema.json")
_FINDING_MEMBERS = frozenset(
    {"finding", "indication", "indications", "possible_indications", "only_if_listed"}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule, and the line of the file where it is broken."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}"


def check_topic(text: str, file: str, vocabulary: Vocabulary, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Every rule that the topic file breaks; `()` for a good one."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        entry = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return (Problem(file, mark.line + 1 if mark else 1, "is not YAML"),)
    if root is None:
        return (Problem(file, 1, "is empty"),)
    broken = [
        (tuple(error.absolute_path), _schema_rule(error.json_path, error.validator, error.message))
        for error in _schema().iter_errors(entry)
    ]
    if not broken:
        broken = [
            *_unknown_names(entry, (), vocabulary),
            *_unknown_procedures(entry, catalogue),
            *_repeated(entry),
            *_leading_nowhere(entry),
        ]
    if not broken:
        broken = list(_nonsense(entry, vocabulary, catalogue))
    return tuple(Problem(file, line_of(root, path), rule) for path, rule in broken)


def check_topics(
    texts: Mapping[str, str], vocabulary: Vocabulary, catalogue: Catalogue, held: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Every rule that the topic files, text by file name, break alone and together.

    `held` are topics that exist beside them, and to which they may hand a case over.
    """
    problems: list[Problem] = []
    good: dict[str, dict[str, Any]] = {}
    for file, text in texts.items():
        found = check_topic(text, file, vocabulary, catalogue)
        problems.extend(found)
        if not found:
            good[file] = yaml.load(text, Loader=yaml.CSafeLoader)
    ids = [entry["id"] for entry in good.values()]
    for place, (file, entry) in enumerate(good.items()):
        root = yaml.compose(texts[file], Loader=yaml.CSafeLoader)
        broken = list(_handed_to_nobody(entry, {*ids, *held}))
        if entry["id"] in ids[:place]:
            broken.append((("id",), f"topic id {entry['id']} is taken by another file"))
        problems += [Problem(file, line_of(root, path), rule) for path, rule in broken]
    return tuple(problems)


def notes(text: str, file: str) -> tuple[Problem, ...]:
    """What is worth a look in a topic file that breaks no rule."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    topic = read_topic(yaml.load(text, Loader=yaml.CSafeLoader))
    return tuple(
        Problem(file, line_of(root, ("variants", place, "ratings")), rule)
        for place, rule in unlike_its_sisters(topic)
    )


@cache
def _schema() -> Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _schema_rule(json_path: str, validator: object, message: str) -> str:
    detail = (
        message if validator in {"required", "additionalProperties"} else f"breaks the rule '{validator}'"
    )
    return f"{json_path}: {detail}"


def _unknown_names(
    node: Any, path: tuple[str | int, ...], vocabulary: Vocabulary
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Findings and modalities that are not defined, wherever in the document they stand."""
    if isinstance(node, dict):
        for member, value in node.items():
            here = (*path, member)
            if member in _FINDING_MEMBERS:
                for finding in [value] if isinstance(value, str) else value:
                    if finding not in vocabulary:
                        yield here, f"finding {finding} is not in the vocabulary"
            elif member == "modalities":
                for modality in set(value) - set(Modality):
                    yield here, f"modality {modality} is not one of the catalogue's"
            else:
                yield from _unknown_names(value, here, vocabulary)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _unknown_names(value, (*path, index), vocabulary)


def _unknown_procedures(
    entry: Mapping[str, Any], catalogue: Catalogue
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for path, group in _groups(entry):
        for procedure in group["procedures"]:
            if procedure not in catalogue:
                yield (*path, "procedures", procedure), f"procedure {procedure} is not in the catalogue"


def _repeated(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    variants = [variant["id"] for variant in entry["variants"]]
    for index, variant in enumerate(variants):
        if variant in variants[:index]:
            yield ("variants", index, "id"), f"variant id {variant} is used twice"
    rated: set[tuple[str | int, str]] = set()
    for path, group in _groups(entry):
        for procedure in group["procedures"]:
            if (path[1], procedure) in rated:
                yield (
                    (*path, "procedures", procedure),
                    f"procedure {procedure} is rated twice in this variant",
                )
            rated.add((path[1], procedure))


def _leading_nowhere(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place, finding in enumerate(entry.get("only_if_listed", ())):
        if finding not in entry["indications"]:
            yield ("only_if_listed", place), f"finding {finding} is none of the topic's indications"


def _nonsense(
    entry: Mapping[str, Any], vocabulary: Vocabulary, catalogue: Catalogue
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Scenarios nobody can meet, ages left out, and ratings that are missing."""
    topic = read_topic(entry)
    silent = [(each["at_least"], each["below"]) for each in entry.get("silent_ages", ())]
    for place, rule in broken_conditions(topic, silent, vocabulary):
        yield ("variants", place, "when"), rule
    for place, variant in enumerate(topic.variants):
        if all(catalogue[procedure].modality is Modality.NONE for procedure in variant.ratings):
            yield ("variants", place, "ratings"), f"variant {variant.id} rates no imaging procedure"
    for place, rule in changed_since(topic):
        yield ("variants", place, "ratings"), rule


def _handed_to_nobody(
    entry: Mapping[str, Any], held: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place, each in enumerate(entry.get("yields_to", ())):
        if each.get("not_held", False) == (each["topic"] in held):
            known = "exists; strike not_held" if each["topic"] in held else "does not exist"
            yield ("yields_to", place, "topic"), f"topic {each['topic']}, to which cases are handed, {known}"


def _groups(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    for index, variant in enumerate(entry["variants"]):
        for number, group in enumerate(variant["ratings"]):
            yield ("variants", index, "ratings", number), group

"""The guideline library: every topic, loaded once, with a digest that names its version."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from model.guideline.check import SCHEMA, check_topics
from model.guideline.fidelity import DIGESTS, DigestsError
from model.guideline.topic import read_topic
from terminology.compiled import compiled, digest_of
from terminology.findings import FINDINGS, vocabulary
from terminology.procedures import PROCEDURES, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model.guideline.topic import Topic

TOPICS = Path(__file__).with_name("topics")
_RULES = tuple(Path(__file__).with_name(f"{name}.py") for name in ("check", "logic", "satisfy"))
"""The modules that hold the rules: where one changed, every file is checked again."""


class GuidelineError(ValueError):
    """The library cannot be used; the message lists every file, line and rule that is broken."""


@dataclass(frozen=True, slots=True)
class Library:
    """All topics by id. `version` is a digest of the topic files: two equal versions rate alike."""

    topics: Mapping[str, Topic]
    version: str
    _led_to: Mapping[str, tuple[Topic, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        led_to: dict[str, list[Topic]] = defaultdict(list)
        for topic in self.topics.values():
            for finding in {*topic.indications, *topic.possible_indications}:
                led_to[finding].append(topic)
        object.__setattr__(self, "_led_to", {finding: tuple(topics) for finding, topics in led_to.items()})

    def topics_for(self, findings: Iterable[str]) -> tuple[Topic, ...]:
        """The topics that any of the findings leads to, each once, in the order of their ids."""
        found = {topic.id: topic for finding in findings for topic in self._led_to.get(finding, ())}
        return tuple(found[id_] for id_ in sorted(found))


@cache
def library() -> Library:
    """The bundled topics."""
    return load(sorted(TOPICS.glob("*.yaml")))


def load(paths: Iterable[Path]) -> Library:
    """Read topic files into a library; files that were found good before are not checked again.

    Raises:
        GuidelineError: A file cannot be read, or breaks a rule of `check.py`.
    """
    files = tuple(paths)
    try:
        version = digest_of(files)
        checked_with = digest_of((SCHEMA, PROCEDURES, DIGESTS, *_RULES, *sorted(FINDINGS.glob("*.yaml"))))
        entries = compiled("topics", f"{version[:16]}{checked_with[:16]}", lambda: _checked(files))
    except OSError as error:
        name = Path(error.filename or "").name
        raise GuidelineError(f"{name}: cannot be read: {error.strerror}") from error
    topics = [read_topic(entry) for entry in entries]
    return Library({topic.id: topic for topic in topics}, version[:16])


def read_topics(files: Iterable[Path]) -> tuple[Topic, ...]:
    """The topics of files that satisfy the schema, whatever their ratings, to be compared with the source."""
    return tuple(read_topic(yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)) for path in files)


def _checked(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The documents of the files, if every one of them is good."""
    texts = {path.name: text_of(path) for path in files}
    try:
        problems = check_topics(texts, vocabulary(), catalogue())
    except DigestsError as error:
        raise GuidelineError(str(error)) from error
    if problems:
        raise GuidelineError("\n".join(map(str, problems)))
    return [yaml.load(text, Loader=yaml.CSafeLoader) for text in texts.values()]


def text_of(path: Path) -> str:
    """The text of a topic file.

    Raises:
        GuidelineError: It is not UTF-8.
        OSError: It cannot be read.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GuidelineError(f"{path.name}:{line}: must be UTF-8") from error

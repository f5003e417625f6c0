"""The guideline library: every topic, loaded once, with a digest that names its version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from model.guideline.check import check_topic
from model.guideline.topic import read_topic
from terminology.findings import vocabulary
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.guideline.topic import Topic

TOPICS = Path(__file__).with_name("topics")


class GuidelineError(ValueError):
    """The library cannot be used; the message lists every file, line and rule that is broken."""


@dataclass(frozen=True, slots=True)
class Library:
    """All topics by id. `version` is a digest of the topic files: two equal versions rate alike."""

    topics: dict[str, Topic]
    version: str

    @property
    def variants(self) -> int:
        """How many scenarios the library distinguishes."""
        return sum(len(topic.variants) for topic in self.topics.values())


@cache
def library() -> Library:
    """The bundled topics."""
    return load(sorted(TOPICS.glob("*.yaml")))


def load(paths: Iterable[Path]) -> Library:
    """Read topic files into a library.

    Raises:
        GuidelineError: A file breaks a rule of `check.py`.
    """
    digest = hashlib.sha256()
    topics: dict[str, Topic] = {}
    problems: list[str] = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        digest.update(text.encode())
        found = check_topic(text, path.name, vocabulary(), catalogue())
        problems.extend(str(problem) for problem in found)
        if not found:
            topic = read_topic(yaml.load(text, Loader=yaml.CSafeLoader))
            if topic.id in topics:
                problems.append(f"{path.name}:1: topic id {topic.id} is taken by another file")
            topics[topic.id] = topic
    if problems:
        raise GuidelineError("\n".join(problems))
    return Library(topics, digest.hexdigest()[:16])

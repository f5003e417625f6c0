"""What the guideline library covers, as JSON and on a terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.guideline.coverage import Coverage


def coverage_record(covered: Coverage) -> dict[str, Any]:
    """The account as one JSON object: totals, what is covered, and what is not."""
    return {
        "totals": dict(covered.totals),
        "topics": [asdict(topic) for topic in covered.topics],
        "chapters": [asdict(chapter) for chapter in covered.chapters],
        "not_covered": {
            "frequent_indications": [asdict(heading) for heading in covered.uncovered],
            "procedures": list(covered.unrated),
            "findings_nothing_states": list(covered.unstated),
            "findings_no_topic_uses": list(covered.unused),
            "handed_over_to_nobody": [
                {"topic": topic, "hands_over_to": other} for topic, other in covered.handed_over
            ],
        },
    }


def print_coverage(covered: Coverage) -> None:
    """Print the account: totals, a row for each topic and chapter, and what is not covered."""
    console = Console()
    topics = Table("Topic", "Scenarios", "Ratings", "ICD-10-CM", "SNOMED CT", title="Topics")
    for topic in covered.topics:
        sizes = (topic.variants, topic.ratings, len(topic.icd10cm), len(topic.snomed))
        topics.add_row(topic.title, *map(str, sizes))
    chapters = Table("Chapter", "Codes", "Lead to a topic", "Only raise one", title="ICD-10-CM")
    for chapter in covered.chapters:
        counts = (chapter.codes, chapter.leading, chapter.raising)
        chapters.add_row(chapter.title, *map(str, counts))
    headings = Table("Code", "Heading", "Setting", title="Frequent indications that lead to no topic")
    for heading in covered.uncovered:
        headings.add_row(heading.prefix, heading.title, heading.setting)
    for table in (topics, chapters, headings):
        console.print(table)
    _print_listed(console, "Procedures no topic rates", (catalogue()[each].name for each in covered.unrated))
    _print_listed(console, "Findings nothing can state", covered.unstated)
    _print_listed(console, "Findings no topic uses", covered.unused)
    handed = (f"{topic} to {other}" for topic, other in covered.handed_over)
    _print_listed(console, "Cases handed to a topic that is not held", handed)
    console.print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in covered.totals.items()))


def _print_listed(console: Console, title: str, entries: Iterable[str]) -> None:
    listed = list(entries)
    console.print(f"{title}: {len(listed)}", style="bold")
    if listed:
        console.print("; ".join(listed))

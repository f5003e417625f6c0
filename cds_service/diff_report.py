"""The differences between two releases, as JSON and on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from model.guideline.imported_diff import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from model.guideline.imported import ImportedRating
    from model.guideline.imported_diff import RatingChange, TopicChange, VariantChange


def diff_record(changes: Sequence[TopicChange]) -> dict[str, Any]:
    """The differences as one JSON object: how many there are, and every one."""
    return {"summary": _summary(changes), "topics": [_topic(change) for change in changes]}


def print_diff(changes: Sequence[TopicChange]) -> None:
    """Print the differences: a row for each topic and variant, and for each rating that changed."""
    if not changes:
        click.echo("No difference.")
        return
    table = Table("Topic", "Variant", "What", "Before", "After")
    for topic in changes:
        if topic.before is None or topic.after is None:
            table.add_row(topic.title, "", f"topic {topic.change}", *_counts(topic))
            continue
        if (topic.before.title, topic.before.year) != (topic.after.title, topic.after.year):
            heads = (f"{each.title} ({each.year})" for each in (topic.before, topic.after))
            table.add_row(topic.title, "", "topic changed", *heads)
        for variant in topic.variants:
            _add_variant(table, topic.title, variant)
    console = Console()
    console.print(table)
    for kind, counted in _summary(changes).items():
        console.print(f"{kind}: " + ", ".join(f"{number} {change}" for change, number in counted.items()))


def _add_variant(table: Table, title: str, variant: VariantChange) -> None:
    before, after = variant.before, variant.after
    if before is None or after is None or variant.reworded:
        what = "variant reworded" if variant.reworded else f"variant {variant.change}"
        table.add_row(title, variant.number, what, before.text if before else "", after.text if after else "")
    elif variant.renumbered:
        table.add_row(title, variant.number, "variant renumbered", before.number, after.number)
    if variant.change is Change.CHANGED:
        for each in variant.ratings:
            table.add_row(title, variant.number, each.procedure, _said(each.before), _said(each.after))


def _counts(topic: TopicChange) -> tuple[str, str]:
    before, after = (f"{len(each.variants)} variants" if each else "" for each in (topic.before, topic.after))
    return before, after


def _said(rating: ImportedRating | None) -> str:
    if rating is None:
        return ""
    level = f", radiation {rating.radiation}" if rating.radiation else ""
    split = ", panel disagreed" if rating.panel_disagreed else ""
    return f"{rating.rating.replace('-', ' ')}{level}{split}"


def _summary(changes: Iterable[TopicChange]) -> dict[str, dict[str, int]]:
    """Of topics, variants and ratings how many were added, removed and changed."""
    topics = list(changes)
    variants = [variant for topic in topics for variant in topic.variants]
    ratings = [rating for variant in variants for rating in variant.ratings]
    return {
        kind: {change.value: counted[change] for change in Change}
        for kind, counted in (
            ("topics", Counter(each.change for each in topics)),
            ("variants", Counter(each.change for each in variants)),
            ("ratings", Counter(each.change for each in ratings)),
        )
    }


def _topic(topic: TopicChange) -> dict[str, Any]:
    return {
        "topic": topic.title,
        "change": topic.change.value,
        "title_before": topic.before.title if topic.before else None,
        "year_before": topic.before.year if topic.before else None,
        "year": topic.after.year if topic.after else None,
        "variants": [_variant(variant) for variant in topic.variants],
    }


def _variant(variant: VariantChange) -> dict[str, Any]:
    before, after = variant.before, variant.after
    return {
        "change": variant.change.value,
        "number_before": before.number if before else None,
        "number": after.number if after else None,
        "text_before": before.text if before else None,
        "text": after.text if after else None,
        "ratings": [_rating(each) for each in variant.ratings],
    }


def _rating(change: RatingChange) -> dict[str, Any]:
    return {
        "procedure": change.procedure,
        "change": change.change.value,
        "before": _rating_record(change.before),
        "after": _rating_record(change.after),
    }


def _rating_record(rating: ImportedRating | None) -> dict[str, Any] | None:
    if rating is None:
        return None
    return {
        "rating": rating.rating.value,
        "radiation": rating.radiation,
        "patient": rating.radiation_for,
        "panel_disagreed": rating.panel_disagreed,
    }

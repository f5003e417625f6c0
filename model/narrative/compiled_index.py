"""An index of imported topics as a JSON value and back, so that it is built once and read at every start.

Topics and variants are named by their places: the sentences stay where they came from. What is read back is
equal to what was built.
"""

from __future__ import annotations

from functools import cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import terminology
from model.narrative.index import Index, TopicEntry, VariantEntry, build
from model.narrative.ranges import Range
from terminology.compiled import compiled_in, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from model.guideline.imported import ImportedTopic, ImportedVariant

_HERE: Final = Path(__file__).parent
_READ_WITH: Final = frozenset({".py", ".csv", ".yaml", ".txt", ".gz", ".json"})


def index_in(
    path: Path, key: str, topics: Sequence[ImportedTopic], also: Mapping[tuple[str, str], str] | None = None
) -> Index:
    """The index of the topics, from the file where it was built there before; see `build`.

    `key` names the content of `topics` and `also`: with another key, or read with other words or rules, the
    index is built anew and the file replaced.
    """
    built: list[Index] = []

    def entries() -> Any:
        built.append(build(topics, also))
        return as_json(built[0])

    found = compiled_in(path, f"{key} {_rules()}", entries)
    return built[0] if built else from_json(found, topics)


@cache
def _rules() -> str:
    """A digest of everything that says how a sentence is read: this package and the terminology's."""
    folders = (_HERE, Path(terminology.__file__).parent)
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in _READ_WITH)
    return digest_of(files)


def as_json(index: Index) -> dict[str, Any]:
    """The index as a JSON value."""
    return {
        "topics": [_topic(topic) for topic in index.topics],
        "rarity": index.rarity,
        "finding_rarity": index.finding_rarity,
        "by_gram": index.by_gram,
    }


def from_json(entries: Mapping[str, Any], topics: Sequence[ImportedTopic]) -> Index:
    """The index that `as_json` wrote, over the topics that it was built from."""
    return Index(
        tuple(_topic_of(entry, topic) for entry, topic in zip(entries["topics"], topics, strict=True)),
        entries["rarity"],
        entries["finding_rarity"],
        {gram: tuple(words) for gram, words in entries["by_gram"].items()},
    )


def _topic(topic: TopicEntry) -> dict[str, Any]:
    return {
        "variants": [_variant(variant) for variant in topic.variants],
        "title_terms": topic.title_terms,
        "terms": topic.terms,
        "phrases": [sorted(phrase) for phrase in topic.phrases],
        "findings": sorted(topic.findings),
        "for_children": topic.for_children,
        "has_child_sister": topic.has_child_sister,
        "discerning": sorted(topic.discerning),
        "local": topic.local,
    }


def _topic_of(entry: Mapping[str, Any], topic: ImportedTopic) -> TopicEntry:
    return TopicEntry(
        title=topic.title,
        source=topic,
        variants=tuple(
            _variant_of(said, variant)
            for said, variant in zip(entry["variants"], topic.variants, strict=True)
        ),
        title_terms=entry["title_terms"],
        terms=entry["terms"],
        phrases=tuple(map(frozenset, entry["phrases"])),
        findings=frozenset(entry["findings"]),
        for_children=entry["for_children"],
        has_child_sister=entry["has_child_sister"],
        discerning=frozenset(entry["discerning"]),
        local=entry["local"],
    )


def _variant(variant: VariantEntry) -> dict[str, Any]:
    return {
        "terms": variant.terms,
        "denied": variant.denied,
        "claims": _sorted(variant.claims),
        "ranges": {
            name: [each.low, None if each.high == inf else each.high] for name, each in variant.ranges.items()
        },
        "findings": sorted(variant.findings),
        "absent": sorted(variant.absent),
        "pregnant": variant.pregnant,
        "usual": sorted(variant.usual),
    }


def _variant_of(entry: Mapping[str, Any], variant: ImportedVariant) -> VariantEntry:
    return VariantEntry(
        number=variant.number,
        source=variant,
        terms=entry["terms"],
        denied=entry["denied"],
        claims={claim: frozenset(values) for claim, values in entry["claims"].items()},
        ranges={
            name: Range(low, inf if high is None else high) for name, (low, high) in entry["ranges"].items()
        },
        findings=frozenset(entry["findings"]),
        absent=frozenset(entry["absent"]),
        pregnant=entry["pregnant"],
        usual=frozenset(entry["usual"]),
    )


def _sorted(claims: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {claim: sorted(values) for claim, values in claims.items()}

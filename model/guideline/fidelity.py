"""The library's ratings beside the published ones, and a digest of them for where those are not to be had.

`compare` needs the licensed table. `ratings.csv` holds, for each scenario that was compared, how many
procedures it rates and a digest of what it says of them; `changed_since` tells what changed since. Its last
row counts the others and holds their digest, so that a file that was cut off or edited is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from model.guideline.imported_rows import topic_id
from terminology.procedures import RadiationLevel, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from model.guideline.imported import ImportedTopic, ImportedVariant
    from model.guideline.topic import RatedProcedure, Topic, Variant

DIGESTS: Final = Path(__file__).with_name("ratings.csv")
DELIBERATE: Final = Path(__file__).with_name("deliberate.yaml")
_COLUMNS: Final = ("topic", "variant", "source_variant", "procedures", "digest")
_ANY_REGION: Final = "area of interest"
_DIGEST_LENGTH: Final = 12
_LAST: Final = "all"
_REMEDY: Final = "restore the file as it was released, or make it anew from the published table"
_SISTERS: Final = 3

Said = tuple[str, bool, str | None]
"""Rating, whether the panel disagreed, and radiation level: what is compared of a procedure."""


class DigestsError(ValueError):
    """The file of digests cannot be used; the message names file, line and rule."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What we and the source say of one procedure of a scenario; `reason` where we mean to differ."""

    topic: str
    variant: str
    procedure: str | None
    ours: Said | None
    published: Said | None
    reason: str | None = None


def compare(topics: Iterable[Topic], published: Iterable[ImportedTopic]) -> tuple[Difference, ...]:
    """Every difference between the library's scenarios and the published ones that they name.

    A scenario that is not published at all is one difference, without a procedure.
    """
    by_name = {topic.id: {each.number: each for each in topic.variants} for topic in published}
    return tuple(
        difference
        for topic in topics
        for variant in topic.variants
        for difference in _differences(
            topic, variant, by_name.get(topic_id(topic.source_topic), {}).get(variant.source_variant)
        )
    )


def _differences(topic: Topic, variant: Variant, source: ImportedVariant | None) -> Iterator[Difference]:
    if source is None:
        yield Difference(topic.id, variant.id, None, None, None)
        return
    ours = {procedure: _said(rated) for procedure, rated in variant.ratings.items()}
    published: dict[str, Said] = {
        rated.procedure: (rated.rating.value, rated.panel_disagreed, rated.radiation)
        for rated in source.ratings
        if rated.procedure is not None
    }
    for each in source.ratings:
        if each.procedure is None:
            said = (each.rating.value, each.panel_disagreed, each.radiation)
            yield Difference(topic.id, variant.id, each.procedure_name, None, said)
    expected, named = _named_by_region(published, ours)
    for procedure in sorted(ours.keys() | published.keys()):
        mine, theirs = ours.get(procedure), expected.get(procedure)
        if mine and theirs and theirs[2] is None:
            theirs = (*theirs[:2], mine[2])
        if mine != theirs:
            yield Difference(topic.id, variant.id, procedure, mine, published.get(procedure))
        elif procedure in named:
            reason = _reasons()["named-by-region"]
            yield Difference(topic.id, variant.id, procedure, mine, published.get(procedure), reason)


def _named_by_region(
    published: Mapping[str, Said], ours: Mapping[str, Said]
) -> tuple[dict[str, Said], set[str]]:
    """What is expected where the source rates an "area of interest" and we name regions, and what is meant.

    Each region's study carries the rating of the published one of the same kind, and its own radiation level
    where the published one "varies".
    """
    expected, named = dict(published), set[str]()
    for general, said in published.items():
        if _ANY_REGION not in catalogue()[general].name:
            continue
        special = [each for each in ours if each not in published and _kind(each) == _kind(general)]
        if special and general not in ours:
            del expected[general]
            named.add(general)
        for each in special:
            level = ours[each][2] if said[2] == RadiationLevel.VARIES else said[2]
            expected[each] = (*said[:2], level)
            named.add(each)
    return expected, named


def _kind(procedure: str) -> tuple[object, ...]:
    entry = catalogue()[procedure]
    return entry.modality, entry.contrast, tuple(each for each in entry.techniques if each != "repeat")


def _said(rated: RatedProcedure) -> Said:
    return rated.rating.value, rated.panel_disagreed, rated.radiation


@cache
def _reasons() -> Mapping[str, str]:
    reasons: dict[str, str] = yaml.safe_load(DELIBERATE.read_text(encoding="utf-8"))
    return reasons


def changed_since(topic: Topic) -> Iterator[tuple[int, str]]:
    """Each scenario, by its position, whose ratings are not those that were compared with the source.

    Raises:
        DigestsError: `ratings.csv` cannot be read, or is not as it was written.
    """
    for place, variant in enumerate(topic.variants):
        kept = _kept().get((topic.id, variant.id))
        if kept is None:
            continue
        count, digest = kept
        missing = count - len(variant.ratings)
        if missing > 0:
            yield place, f"variant {variant.id}: {missing} of {count} published procedures are not rated"
        elif digest != digest_of_ratings(variant):
            yield place, f"variant {variant.id}: a rating differs from what was compared with the source"


def unlike_its_sisters(topic: Topic) -> Iterator[tuple[int, str]]:
    """Scenarios that nobody compared with a source and that leave out what all others of the topic rate.

    A source may mean that: it is worth a look, and no mistake by itself.
    """
    if len(topic.variants) < _SISTERS:
        return
    for place, variant in enumerate(topic.variants):
        others = [set(other.ratings) for other in topic.variants if other is not variant]
        missing = sorted(set.intersection(*others) - variant.ratings.keys())
        if missing and (topic.id, variant.id) not in _kept():
            yield place, f"variant {variant.id} does not rate {', '.join(missing)}, as all others do"


def digest_of_ratings(variant: Variant) -> str:
    """A digest of all that the scenario says of its procedures, and of where the source says it."""
    lines = sorted(
        " ".join((procedure, *map(str, _said(rated)))) for procedure, rated in variant.ratings.items()
    )
    return _digest("\n".join([variant.source_variant, *lines]))


def digests(topics: Iterable[Topic]) -> str:
    """The text of `ratings.csv` for these topics."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for topic in sorted(topics, key=lambda topic: topic.id):
        for variant in topic.variants:
            rows.writerow(
                (
                    topic.id,
                    variant.id,
                    variant.source_variant,
                    len(variant.ratings),
                    digest_of_ratings(variant),
                )
            )
    rows.writerow((_LAST, "", "", text.getvalue().count("\n") - 1, _digest(text.getvalue())))
    return text.getvalue()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


@cache
def _kept() -> Mapping[tuple[str, str], tuple[int, str]]:
    return read_digests(DIGESTS)


def read_digests(path: Path) -> dict[tuple[str, str], tuple[int, str]]:
    """For each scenario, by topic and variant, how many procedures it rates, and the digest of its ratings.

    Raises:
        DigestsError: The file cannot be read, or is not as `digests` wrote it.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DigestsError(f"{path.name}: cannot be read: {error.strerror}; {_REMEDY}") from error
    except UnicodeDecodeError as error:
        raise DigestsError(f"{path.name}:1: must be UTF-8; {_REMEDY}") from error
    rows, _, last = text.removesuffix("\n").rpartition("\n")
    count = rows.count("\n")
    if f"{rows}\n{last}\n" != text or last != f"{_LAST},,,{count},{_digest(rows + chr(10))}":
        raise DigestsError(
            f"{path.name}:{count + 2}: must count the rows above and hold their digest; "
            f"the file is cut off or was edited; {_REMEDY}"
        )
    return {
        (row["topic"], row["variant"]): (int(row["procedures"]), row["digest"])
        for row in csv.DictReader(io.StringIO(rows, newline=""))
    }

"""Measures the weighing of papers: `python -m benchmarks.evidence`, or `make bench-evidence`.

Agreement of the levels with those given by hand (`tests/vectors/evidence-levels.json`), and what is found of
the papers that bear on a question in a constructed store. `--write` writes `docs/results/evidence.md`.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from benchmarks.evidence_records import constructed
from model.evidence.paper import EvidenceLevel, Paper, Section
from model.evidence.rank import about
from model.evidence.weigh import Weighed, weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDS: Final = Path("tests/vectors/evidence-levels.json")
WORDS: Final = Path(__file__).with_name("evidence.md")
RESULTS: Final = Path("docs/results/evidence.md")
THIS_YEAR: Final = 2026
SHOWN: Final = 8
"""Papers of a question that a card can cite: the reader's default limit."""


@click.command()
@click.option("--write", is_flag=True, help="Write docs/results/evidence.md.")
def main(*, write: bool) -> None:
    """Measure, and print Markdown."""
    records = json.loads(RECORDS.read_text(encoding="utf-8"))["records"]
    text = WORDS.read_text(encoding="utf-8").format(
        agreement="\n".join(_agreement(records, name) for name in ("work", "unseen")),
        confusion=_confusion([each for each in records if each["set"] == "unseen"]),
        **_found(),
    )
    click.echo(text)
    if write:
        RESULTS.write_text(text, encoding="utf-8")


def _weighed(record: dict[str, Any]) -> Weighed:
    abstract = tuple(Section(each["label"], each["text"]) for each in record["abstract"])
    types = tuple(record["publication_types"])
    paper = Paper(record["id"], None, record["title"], abstract, year=record["year"], publication_types=types)
    return weighed(paper, this_year=THIS_YEAR)


def _agreement(records: Sequence[dict[str, Any]], name: str) -> str:
    chosen = [each for each in records if each["set"] == name]
    said = [(each["expect"], _weighed(each)) for each in chosen]
    levels = [(expect["level"], int(found.level)) for expect, found in said]
    exact = sum(one == other for one, other in levels)
    near = sum(abs(one - other) <= 1 for one, other in levels)
    design = sum(expect["design"] == found.design for expect, found in said)
    return f"| {name}, now | {len(said)} | {exact} | {near} | {design} | {_kappa(levels):.3f} |"


def _kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Cohen's kappa with quadratic weights."""
    ours, theirs = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    observed = sum((one - other) ** 2 for one, other in pairs) / len(pairs)
    chance = sum(ours[one] * theirs[other] * (one - other) ** 2 for one in ours for other in theirs)
    return 1 - observed / (chance / len(pairs) ** 2)


def _confusion(records: Sequence[dict[str, Any]]) -> str:
    counts = Counter((each["expect"]["level"], int(_weighed(each).level)) for each in records)
    levels = sorted(EvidenceLevel)
    return "\n".join(
        f"| **{one}** | {' | '.join(str(counts[one, other]) for other in levels)} |" for one in levels
    )


def _found() -> dict[str, str]:
    """Recall, precision and order over all questions together."""
    papers, known = constructed()
    count: Counter[str] = Counter()
    for each in known:
        evidence = about(papers, each.question, this_year=THIS_YEAR).evidence
        found = [one.paper.pmid or "" for one in evidence]
        high = {one for one, level in each.relevant.items() if level >= EvidenceLevel.MODERATE}
        believed = {one.paper.pmid for one in evidence if one.level >= EvidenceLevel.MODERATE}
        count += Counter(
            relevant=len(each.relevant),
            relevant_found=len(each.relevant.keys() & set(found)),
            high=len(high),
            high_found=len(high & set(found)),
            high_believed=len(high & believed),
            returned=len(found),
            shown=len(found[:SHOWN]),
            shown_high=len(high & set(found[:SHOWN])),
            shown_relevant=len(each.relevant.keys() & set(found[:SHOWN])),
            retracted=sum(one.paper.retracted for one in evidence),
            twice=len(found) - len(set(found)),
        )
    return {
        "papers": f"{len(papers):,}",
        "questions": str(len(known)),
        "recall_high": _share(count["high_found"], count["high"]),
        "recall_high_believed": _share(count["high_believed"], count["high"]),
        "recall": _share(count["relevant_found"], count["relevant"]),
        "precision": _share(count["relevant_found"], count["returned"]),
        "shown_relevant": _share(count["shown_relevant"], count["shown"]),
        "shown_high": _share(count["shown_high"], count["shown"]),
        "retracted": str(count["retracted"]),
        "twice": str(count["twice"]),
    }


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part} of {whole})"


if __name__ == "__main__":
    main()

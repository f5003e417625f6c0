"""`make bench-evidence`: do papers get the level that a person gave, and are those on a question found?

Levels are compared on tests/vectors/evidence-levels.json, finding on the two thousand papers of
`benchmarks.evidence_papers`. All papers are invented.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import click

from benchmarks.evidence_papers import HIGH, papers, topics
from cds_service.consults import open_engine
from cds_service.evidence_store import EvidenceStore
from cds_service.schema import migrate
from model.evidence.paper import EvidenceLevel, Paper, Section
from model.evidence.rank import about
from model.evidence.weigh import weighed
from training.agreement import agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from model.evidence.paper import Evidence, EvidenceQuestion

ROOT: Final = Path(__file__).parents[1]
VECTORS: Final = ROOT / "tests" / "vectors" / "evidence-levels.json"
RESULTS: Final = ROOT / "docs" / "results" / "evidence.md"
WORDS: Final = Path(__file__).with_name("evidence.md")
THIS_YEAR: Final = 2026
SHOWN: Final = 8
_LEVELS: Final = tuple(sorted(EvidenceLevel))


@click.command()
@click.option("--write", is_flag=True, help=f"Write {RESULTS.name}.")
def main(*, write: bool) -> None:
    """Measure levels and finding."""
    every = [each.paper for each in papers()]
    found = finding(lambda question: about(every, question, this_year=THIS_YEAR).evidence)
    with _store() as store:
        stored = finding(lambda question: store.about(question, limit=len(every)).evidence)
    parts = [f"### {name}\n\n{levels(name)}" for name in ("view", "aside")]
    text = WORDS.read_text(encoding="utf-8")
    text = text.replace("{levels}", "\n\n".join(parts)).replace("{finding}", found.table())
    text = text.replace("{store}", stored.table())
    click.echo(text)
    if write:
        RESULTS.write_text(text, encoding="utf-8")


def levels(name: str) -> str:
    """How the levels of one set agree with its labels, and the confusion table."""
    records = json.loads(VECTORS.read_text(encoding="utf-8"))[name]
    read = [weighed(_paper(each["paper"]), this_year=THIS_YEAR) for each in records]
    pairs = [(EvidenceLevel(each["level"]), found.level) for each, found in zip(records, read, strict=True)]
    total = len(pairs)
    agreed = agreement(pairs)
    designs = sum(each["design"] == found.design for each, found in zip(records, read, strict=True))
    counted = Counter(pairs)
    rows = [
        f"| **{one.value}** | " + " | ".join(str(counted[one, other]) for other in _LEVELS) + " |"
        for one in _LEVELS
    ]
    return (
        f"{total} papers: level exact {agreed.exact:.1%}, within one {agreed.within_one:.1%}, "
        f"quadratically weighted kappa {agreed.kappa:.3f}; design exact {designs / total:.1%}.\n\n"
        "| labelled, read as | " + " | ".join(str(each.value) for each in _LEVELS) + " |\n"
        "|---|" + "---:|" * len(_LEVELS) + "\n" + "\n".join(rows)
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for all questions: counts of papers, and of answers by what they are."""

    high: int
    high_found: int
    high_kept: int
    relevant: int
    relevant_found: int
    shown: int
    shown_relevant: int
    roles: Counter[str]

    def table(self) -> str:
        """The counts as shares."""
        answered = sum(self.roles.values())
        rows = (
            ("recall of relevant papers of level 3 and 4", self.high_found, self.high),
            ("the same, and weighed as level 3 or 4", self.high_kept, self.high),
            ("recall of all relevant papers", self.relevant_found, self.relevant),
            ("precision of all that is returned", self.relevant_found, answered),
            (f"precision of the first {SHOWN}", self.shown_relevant, self.shown),
        )
        lines = [f"| {name} | {part} of {whole} | {part / whole:.1%} |" for name, part, whole in rows]
        wrong = "; ".join(f"{role} {count}" for role, count in self.roles.most_common() if role != "relevant")
        return (
            "| | papers | share |\n|---|---:|---:|\n" + "\n".join(lines) + f"\n\nReturned wrongly: {wrong}."
        )


def finding(answer: Callable[[EvidenceQuestion], Sequence[Evidence]]) -> Found:
    """What is answered to every question."""
    made = papers()
    known = {_key(each.paper): each for each in made}
    counts: Counter[str] = Counter()
    roles: Counter[str] = Counter()
    for number, topic in enumerate(topics()):
        evidence = answer(topic.question)
        answered = [known[_key(each.paper)] for each in evidence]
        right = [each.topic == number and each.role in {"relevant", "twin"} for each in answered]
        roles.update(
            "relevant" if fits else each.role if each.topic == number else "of another question"
            for each, fits in zip(answered, right, strict=True)
        )
        wanted = [each for each in made if each.topic == number and each.role == "relevant"]
        high = [each for each, fits in zip(answered, right, strict=True) if fits and each.level >= HIGH]
        counts["relevant"] += len(wanted)
        counts["relevant_found"] += sum(right)
        counts["high"] += sum(each.level >= HIGH for each in wanted)
        counts["high_found"] += len(high)
        counts["high_kept"] += sum(
            fits and known[_key(each.paper)].level >= HIGH and each.level >= HIGH
            for each, fits in zip(evidence, right, strict=True)
        )
        counts["shown"] += len(right[:SHOWN])
        counts["shown_relevant"] += sum(right[:SHOWN])
    return Found(**counts, roles=roles)


@contextmanager
def _store() -> Iterator[EvidenceStore]:
    """A fresh store that holds all the papers, and no search of them."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/evidence.db")
        migrate(engine)
        store = EvidenceStore(engine, partial(about, this_year=THIS_YEAR))
        store.write_papers([each.paper for each in papers()])
        yield store
        engine.dispose()


def _key(paper: Paper) -> str:
    return paper.pmid or (paper.doi or "").lower()


def _paper(record: dict[str, Any]) -> Paper:
    return Paper(
        pmid="1",
        doi=None,
        title=record["title"],
        abstract=tuple(Section(label, text) for label, text in record["abstract"]),
        year=record["year"],
        publication_types=tuple(record["types"]),
        mesh=tuple(record.get("mesh", ())),
        language=record.get("language"),
    )


if __name__ == "__main__":
    main()

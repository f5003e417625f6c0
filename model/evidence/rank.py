"""Papers on a question, weighed and put in order: what is cited, the best first."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.evidence.assign import closeness
from model.evidence.condense import condensed
from model.evidence.paper import Evidence
from model.evidence.plain_text import bare_doi
from model.evidence.weigh import weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model.evidence.paper import EvidenceQuestion, Paper
    from model.evidence.weigh import Weigh, Weighed


@dataclass(frozen=True, slots=True)
class Ranked:
    """The papers that bear on a question, the best first, and those left out as retracted."""

    evidence: tuple[Evidence, ...]
    retracted: tuple[Paper, ...]


def about(
    papers: Iterable[Paper],
    question: EvidenceQuestion,
    *,
    this_year: int | None = None,
    weigh: Weigh = weighed,
) -> Ranked:
    """The papers that name the question's condition and procedure, each once.

    In order of level, closeness and year. A paper that was retracted under any of its records is left out,
    whatever `weigh` would say of it.
    """
    held = tuple(papers)
    by_paper = {id(each): close for each in held if (close := closeness(each, question)) is not None}
    # A notice of retraction may name neither the condition nor the procedure: it counts all the same.
    groups = [
        group
        for group in unique(each for each in held if each.retracted or id(each) in by_paper)
        if any(id(each) in by_paper for each in group)
    ]
    retracted = tuple(group[0] for group in groups if any(each.retracted for each in group))
    kept = [group[0] for group in groups if not any(each.retracted for each in group)]
    evidence = [_evidence(each, by_paper[id(each)], weigh(each, this_year=this_year)) for each in kept]
    return Ranked(tuple(sorted(evidence, key=_order)), retracted)


def unique(papers: Iterable[Paper]) -> tuple[tuple[Paper, ...], ...]:
    """The records in groups of the same paper, the fullest record of each first.

    Two records are one paper if they share a PMID or a DOI, or have the same title within a year, as a
    preprint and what it became.
    """
    groups: dict[int, list[Paper]] = {}
    alike: dict[str, set[int]] = defaultdict(set)
    for number, paper in enumerate(papers):
        near = sorted(set().union(*(alike[name] for name in _names(paper))))
        same = [each for each in near if any(_same(paper, other) for other in groups[each])]
        groups[number] = [*(other for each in same for other in groups.pop(each)), paper]
        for name in {name for other in groups[number] for name in _names(other)}:
            alike[name] = alike[name].difference(same) | {number}
    return tuple(tuple(sorted(group, key=_fullness, reverse=True)) for group in groups.values())


def _same(one: Paper, other: Paper) -> bool:
    if any(key in set(_keys(other)) for key in _keys(one)):
        return True
    if one.pmid and other.pmid:
        return False
    years = one.year is None or other.year is None or abs(one.year - other.year) <= 1
    return years and bool(title := _title(one)) and title == _title(other)


def _keys(paper: Paper) -> Iterator[str]:
    if paper.pmid:
        yield f"pmid:{paper.pmid}"
    if paper.doi:
        yield f"doi:{bare_doi(paper.doi)}"


def _names(paper: Paper) -> tuple[str, ...]:
    """What two records of one paper have at least one of in common."""
    title = _title(paper)
    return (*_keys(paper), f"title:{title}") if title else tuple(_keys(paper))


def _title(paper: Paper) -> str:
    return " ".join(re.findall(r"\w+", paper.title.lower()))


def _fullness(paper: Paper) -> tuple[bool, bool, int, int]:
    return paper.pmid is not None, bool(paper.abstract), len(paper.publication_types), len(paper.mesh)


def _evidence(paper: Paper, close: float, found: Weighed) -> Evidence:
    return Evidence(paper, found.level, found.because, condensed(paper.abstract), close, found.by)


def _order(evidence: Evidence) -> tuple[int, float, int, str]:
    paper = evidence.paper
    return -evidence.level, -evidence.closeness, -(paper.year or 0), paper.pmid or paper.doi or ""

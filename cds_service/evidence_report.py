"""What the evidence store has on a question, on a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Column, Table
from rich.text import Text

from cds_service.card_text import level_note, words
from model.evidence.citing import cite
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model.evidence.paper import Evidence, EvidenceFound, EvidenceQuestion
    from model.evidence.search import SearchResult


_LEVEL_WIDTH: Final = 16


def print_evidence(
    console: Console, question: EvidenceQuestion, found: EvidenceFound, searches: Sequence[SearchResult]
) -> None:
    """Print a table of the papers, and each search as it was asked and as the index read it."""
    console.print(_printable(f"{question.condition}: {catalogue()[question.procedure].name}"), style="bold")
    level_column = Column("Level", max_width=_LEVEL_WIDTH)
    link_column = Column("Link", overflow="fold")  # a link that is cut is none
    table = Table("", level_column, "Year", "Citation", link_column, "Why this level", show_lines=True)
    for number, each in enumerate(found.evidence, 1):
        citation = cite(each)
        level = words()["level"][int(each.level)]
        cells = (
            level,
            str(each.paper.year or ""),
            citation.text,
            citation.url or "",
            "; ".join(each.because),
        )
        table.add_row(str(number), *map(_printable, cells))
    if found.evidence:
        console.print(table)
        console.print(level_note(trained=any(each.level_by for each in found.evidence)))
    elif found.searched_on:
        console.print("Nothing that can be cited was found.")
    if found.retracted:
        console.print(f"Left out because retracted: {found.retracted}")
    for search in searches:
        head = f"{search.provider}, {search.searched_on}, {search.query.kind.value}: {search.total} papers"
        console.print(_printable(f"\n{head}"), style="bold")
        for name, text in (
            ("asked", search.query.text),
            ("read as", search.translation),
            ("said", "; ".join(search.notes)),
        ):
            if text:
                console.print(_printable(f"{name}: {text}"), soft_wrap=True)


def shown(
    question: EvidenceQuestion, found: EvidenceFound, searches: Sequence[SearchResult]
) -> dict[str, Any]:
    """The same as a JSON object, with the passages and the ids."""
    return {
        "condition": question.condition,
        "synonyms": list(question.synonyms),
        "related": list(question.related),
        "procedure": question.procedure,
        "searched_on": found.searched_on.isoformat() if found.searched_on else None,
        "retracted": found.retracted,
        "evidence": [_evidence(each) for each in found.evidence],
        "searches": [_search(each) for each in searches],
    }


def _evidence(each: Evidence) -> dict[str, Any]:
    paper, citation = each.paper, cite(each)
    return {
        "pmid": paper.pmid,
        "doi": paper.doi,
        "title": paper.title,
        "authors": list(paper.authors),
        "journal": paper.journal,
        "year": paper.year,
        "citation": citation.text,
        "url": citation.url,
        "level": int(each.level),
        "because": list(each.because),
        "trained": each.level_by is not None,
        "passages": [{"label": passage.label, "text": passage.text} for passage in each.passages],
        "closeness": each.closeness,
    }


def _search(each: SearchResult) -> dict[str, Any]:
    return {
        "kind": each.query.kind.value,
        "provider": each.provider,
        "query": each.query.text,
        "translation": each.translation,
        "total": each.total,
        "ids": list(each.ids),
        "searched_on": each.searched_on.isoformat(),
        "notes": list(each.notes),
    }


def _printable(text: str) -> Text:
    """The text without what could move a terminal's cursor; lines stay."""
    return Text("".join(each if each.isprintable() or each == "\n" else " " for each in text))

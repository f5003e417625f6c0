"""Papers, questions, searches and what was found, as rows of the evidence store's tables and back."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from model.evidence.paper import Evidence, EvidenceLevel, EvidenceQuestion, Paper, Section
from model.evidence.search import Query, QueryKind, SearchResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

LONGEST_WORDS: Final = 100_000
"""Characters of a paper that are indexed; PostgreSQL refuses a text whose index entry is too large."""


def question_key(question: EvidenceQuestion) -> str:
    """The digest that names a question: equal questions are searched once."""
    said = [question.condition, question.procedure, question.synonyms, question.related]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def question_row(question: EvidenceQuestion) -> dict[str, Any]:
    """What a question is, as columns."""
    return {
        "key": question_key(question),
        "condition": question.condition,
        "procedure": question.procedure,
        "synonyms": list(question.synonyms),
        "related": list(question.related),
    }


def question_of_row(row: Row[Any]) -> EvidenceQuestion:
    """The question that a row holds."""
    return EvidenceQuestion(row.condition, row.procedure, tuple(row.synonyms), tuple(row.related))


def paper_row(given: Paper) -> dict[str, Any]:
    """What a paper is, as columns; a DOI in lower case, since DOIs differ in nothing else."""
    return {
        "pmid": given.pmid,
        "doi": given.doi.lower() if given.doi else None,
        "title": _storable(given.title),
        "abstract": [[section.label, _storable(section.text)] for section in given.abstract],
        "journal": _storable(given.journal) if given.journal else None,
        "year": given.year,
        "authors": [_storable(each) for each in given.authors],
        "publication_types": [_storable(each) for each in given.publication_types],
        "mesh": [_storable(each) for each in given.mesh],
        "language": given.language,
        "retracted": given.retracted,
    }


def words_of(row: Mapping[str, Any]) -> str:
    """What full-text search looks through in a paper's row."""
    abstract = (text for _, text in row["abstract"])
    return " ".join((row["title"], *row["mesh"], *row["publication_types"], *abstract))[:LONGEST_WORDS]


def paper_of_row(row: Row[Any]) -> Paper:
    """The paper that a row holds."""
    return Paper(
        row.pmid,
        row.doi,
        row.title,
        tuple(Section(label, text) for label, text in row.abstract),
        row.journal,
        row.year,
        tuple(row.authors),
        tuple(row.publication_types),
        tuple(row.mesh),
        row.language,
        retracted=row.retracted,
    )


def found_of(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """What was found, to be kept with a question: each paper's id and what was concluded about it."""
    return [
        {
            "id": each.paper.pmid or each.paper.doi,
            "level": int(each.level),
            "because": list(each.because),
            "passages": [[passage.label, passage.text] for passage in each.passages],
            "closeness": each.closeness,
            "by": each.level_by,
        }
        for each in evidence
    ]


def evidence_of(kept: Mapping[str, Any], found: Paper) -> Evidence:
    """What was concluded about a paper, with the paper as it is now."""
    return Evidence(
        found,
        EvidenceLevel(kept["level"]),
        tuple(kept["because"]),
        tuple(Section(label, text) for label, text in kept["passages"]),
        kept["closeness"],
        kept.get("by"),
    )


def search_row(question: str, place: int, search: SearchResult) -> dict[str, Any]:
    """A search as columns; `place` is its position among the question's."""
    return {
        "question": question,
        "searched_on": search.searched_on,
        "place": place,
        "kind": search.query.kind.value,
        "query": search.query.text,
        "provider": search.provider,
        "translation": search.translation,
        "total": search.total,
        "ids": list(search.ids),
        "notes": list(search.notes),
    }


def search_of_row(row: Row[Any]) -> SearchResult:
    """The search that a row holds."""
    return SearchResult(
        Query(QueryKind(row.kind), row.query),
        row.provider,
        row.translation,
        row.total,
        tuple(row.ids),
        row.searched_on,
        tuple(row.notes),
    )


def _storable(text: str) -> str:
    """The text without what no database takes: a null character, half a surrogate pair."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()

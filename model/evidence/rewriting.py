"""A query that a language model writes, taken only where it is a query and speaks of the condition.

It is asked only where an installation lets it (`APPOSITE_LITERATURE_REWRITING`): `query.queries` needs no
model, and stands wherever this gives nothing.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from model.evidence.boolean import LONGEST_QUERY, Joined, QueryError, Term, parse
from model.evidence.query import FILTER
from model.evidence.query_words import plain_words
from model.evidence.search import Query, QueryKind
from model.reasoning.language_model import LanguageModelError, Prompt
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from model.evidence.paper import EvidenceQuestion
    from model.reasoning.language_model import LanguageModel

_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"query": {"type": "string", "maxLength": LONGEST_QUERY}},
    "required": ["query"],
    "additionalProperties": False,
}
_MOST_TOKENS: Final = 400


def rewritten(
    question: EvidenceQuestion, language_model: LanguageModel, *, timeout_s: float | None = None
) -> Query | None:
    """The model's query with our limits of date, language and species, instead of the rules' PICO query.

    `None` where the model gives no reply, or one that is no query, is too long, or does not name the
    condition.

    Raises:
        KeyError: The procedure is not in the catalogue.
    """
    names = [" ".join(plain_words(name)) for name in (question.condition, *question.synonyms)]
    prompt = Prompt(
        _file("rewrite-system"),
        Template(_file("rewrite")).substitute(
            condition=names[0],
            synonyms="; ".join(name for name in names[1:] if name) or "nothing else",
            procedure=catalogue()[question.procedure].name,
        ),
        _digest(),
    )
    try:
        completion = language_model.complete(
            prompt, schema=_SCHEMA, max_tokens=_MOST_TOKENS, timeout_s=timeout_s
        )
        written = " ".join(json.loads(completion.text)["query"].split())
        asked = parse(written)
        text = f"({written}) {FILTER}"
        parse(text)
    except (LanguageModelError, QueryError):
        return None
    known = {word for name in names for word in name.split()}
    named = {word for term in _terms(asked) for word in plain_words(term.words)}
    return Query(QueryKind.PICO, text) if known & named else None


def _terms(node: Term | Joined) -> Iterator[Term]:
    """The terms that are looked for; those after a NOT are not."""
    if isinstance(node, Term):
        yield node
        return
    yield from _terms(node.first)
    for operator, part in node.rest:
        if operator != "NOT":
            yield from _terms(part)


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def _digest() -> str:
    return hashlib.sha256(f"{_file('rewrite-system')}\0{_file('rewrite')}".encode()).hexdigest()[:16]

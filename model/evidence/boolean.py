"""PubMed's query language: whether a text is a query, and what the same query is for Europe PMC.

Read is what our own queries and a model's need: terms in quotation marks or not, each with a field or not,
joined by AND, OR and NOT from left to right, and parentheses. https://pubmed.ncbi.nlm.nih.gov/help/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_QUERY: Final = 1_000

_DEEPEST: Final = 20
_TOKEN: Final = re.compile(
    r"""\s*(?:
      "(?P<quoted>[A-Za-z0-9][A-Za-z0-9 ,'./+-]*)"
    | (?P<open>\() | (?P<close>\))
    | \[(?P<field>[A-Za-z][A-Za-z /-]*)\]
    | (?P<word>[A-Za-z0-9][A-Za-z0-9'./+:-]*\*?)
    )""",
    re.VERBOSE,
)
_YEARS: Final = re.compile(r"(\d{4}):(\d{4})")
_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})
_FIELDS: Final = {
    "mesh terms": "KW",
    "mh": "KW",
    "mesh": "KW",
    "subheading": "KW",
    "sh": "KW",
    "title/abstract": "TITLE_ABS",
    "tiab": "TITLE_ABS",
    "text word": "TITLE_ABS",
    "tw": "TITLE_ABS",
    "all fields": "TITLE_ABS",
    "title": "TITLE",
    "ti": "TITLE",
    "publication type": "PUB_TYPE",
    "pt": "PUB_TYPE",
    "language": "LANG",
    "la": "LANG",
    "date - publication": "PUB_YEAR",
    "dp": "PUB_YEAR",
}
_LANGUAGES: Final = {"english": "eng", "italian": "ita"}
_HAS_ABSTRACT: Final = "hasabstract"


class QueryError(ValueError):
    """A text is no query that is understood here; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are looked for, in a field of PubMed's or in all."""

    words: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts joined from left to right: the first, then pairs of an operator and a part."""

    first: Term | Joined
    rest: tuple[tuple[str, Term | Joined], ...]


def parse(text: str) -> Term | Joined:
    """The query that a text is.

    Raises:
        QueryError: It is none, is too long or uses a field that is not known here.
    """
    if len(text) > LONGEST_QUERY:
        raise QueryError("the query is too long")
    return _Parser(tuple(_tokens(text))).whole()


def europe_pmc_query(text: str) -> str:
    """The same query in the syntax of Europe PMC, every join in parentheses.

    Raises:
        QueryError: The text is no query of PubMed's.
    """
    return _europe_pmc(parse(text))


def _europe_pmc(node: Term | Joined) -> str:
    if isinstance(node, Joined):
        text = _europe_pmc(node.first)
        for index, (operator, part) in enumerate(node.rest):
            text = f"({text})" if index and node.rest[index - 1][0] != operator else text
            text = f"{text} {operator} {_europe_pmc(part)}"
        return f"({text})"
    field = _FIELDS[node.field] if node.field else "TITLE_ABS"
    if node.field is None and node.words == _HAS_ABSTRACT:
        return "HAS_ABSTRACT:Y"
    if field == "LANG":
        return f"LANG:{_LANGUAGES.get(node.words.lower(), node.words)}"
    if field == "PUB_YEAR":
        years = _YEARS.fullmatch(node.words)
        return f"PUB_YEAR:[{years[1]} TO {years[2]}]" if years else f"PUB_YEAR:{node.words}"
    return f"{field}:{node.words}" if node.words.endswith("*") else f'{field}:"{node.words}"'


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise QueryError("the query holds a character that has no meaning there")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: tuple[tuple[str, str], ...]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Term | Joined:
        found = self._joined(0)
        if self._at != len(self._tokens):
            raise QueryError("the parentheses of the query do not match")
        return found

    def _joined(self, depth: int) -> Term | Joined:
        first = self._part(depth)
        rest = []
        while self._kind() == "word" and self._tokens[self._at][1] in _OPERATORS:
            operator = self._take("word")
            rest.append((operator, self._part(depth)))
        return Joined(first, tuple(rest)) if rest else first

    def _part(self, depth: int) -> Term | Joined:
        if self._kind() != "open":
            return self._term()
        if depth == _DEEPEST:
            raise QueryError("the query is nested too deeply")
        self._take("open")
        inner = self._joined(depth + 1)
        self._take("close")
        return inner

    def _term(self) -> Term:
        if self._kind() == "quoted":
            words = self._take("quoted")
        else:
            words = self._take("word")
            if words.upper() in _OPERATORS:
                raise QueryError("an operator of the query has nothing to join")
        if self._kind() != "field":
            return Term(words, None)
        field = self._take("field").strip().lower()
        if field not in _FIELDS:
            raise QueryError("the query names a field that is not known here")
        return Term(words, field)

    def _kind(self) -> str | None:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else None

    def _take(self, kind: str) -> str:
        if self._kind() != kind:
            raise QueryError("the query lacks a term, an operator or a parenthesis")
        self._at += 1
        return self._tokens[self._at - 1][1]

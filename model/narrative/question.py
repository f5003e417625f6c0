"""What a narrative says, read once and compared with every variant."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from model.narrative.claims import read_claims
from model.narrative.index import closed, sexes_said
from model.narrative.ranges import ADULT, Range, narrative_ranges
from model.narrative.terms import Weights, read_terms
from terminology.reading import read_text
from terminology.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model.narrative.claims import Claims
    from model.narrative.index import Index
    from terminology.statements import Statements

_CHRONIC_DAYS: Final = 84.0
_ACUTE_DAYS: Final = 28.0
_AGE_WORDS: Final = (
    (Range(0.0, 29 / 365.25), ("newborn", "neonatal", "infant", "child", "baby")),
    (Range(29 / 365.25, 1.0), ("infant", "child", "baby")),
    (Range(1.0, 4.0), ("toddler", "child", "kid")),
    (Range(4.0, 11.0), ("child", "kid")),
    (Range(11.0, ADULT), ("child", "adolescent", "teen", "kid")),
    (Range(ADULT, inf), ("adult",)),
)
_SEX_WORDS: Final = {"female": "woman", "male": "man"}
_POSTMENOPAUSAL: Final = 56.0
_PREMENOPAUSAL: Final = 45.0


@dataclass(frozen=True, slots=True)
class Question:
    """A narrative's words, claims, ranges and findings. `written` are its words without their meanings."""

    terms: Weights
    denied: Weights
    written: frozenset[str]
    claims: Claims
    ranges: Mapping[str, Range]
    findings: frozenset[str]
    absent: frozenset[str]
    pregnant: bool | None
    child: bool | None


def read_question(
    index: Index,
    text: str,
    age: float | None = None,
    sex: str | None = None,
    findings: Iterable[str] = (),
) -> Question:
    """Read a narrative; an age, a sex and findings known beside it stand before what it says."""
    said = read_statements(text)
    terms = read_terms(text)
    ranges = narrative_ranges(text, said, age)
    years = ranges.get("age")
    sexes = _sexes(text, said, sex)
    child = _child(years)
    more = [
        *_age_words(years),
        *(_SEX_WORDS[each] for each in sorted(sexes & _SEX_WORDS.keys()) if child is False),
    ]
    stated = dict(terms.stated)
    written = {*terms.written, *more}
    for word in more:
        stated.setdefault(word, 0.5)
    for word in terms.written:
        mended = index.mended(word)
        if mended != word:
            stated[mended] = 0.7
            written.add(mended)
    if said.pregnant:
        stated["pregnant"] = 1.0
        written.add("pregnant")
    statements = read_text(text)
    present = [each.finding for each in statements if each.polarity == "present"]
    return Question(
        terms=stated,
        denied=terms.denied,
        written=frozenset(written),
        claims=_claims(text, said, sexes, years),
        ranges=ranges,
        findings=closed((*present, *findings)),
        absent=frozenset(each.finding for each in statements if each.polarity == "absent"),
        pregnant=said.pregnant,
        child=child,
    )


def _claims(text: str, said: Statements, sexes: frozenset[str], years: Range | None) -> Claims:
    """What the words claim, with what the reader of statements adds to them."""
    claims = read_claims(text, "narrative")
    if sexes:
        claims["sex"] = sexes
    if said.acuity:
        claims["acuity"] = frozenset((said.acuity,))
    elif said.duration_days is not None and "acuity" not in claims:
        if said.duration_days >= _CHRONIC_DAYS:
            claims["acuity"] = frozenset(("chronic",))
        elif said.duration_days <= _ACUTE_DAYS:
            claims["acuity"] = frozenset(("acute",))
    if said.pregnant:
        claims.setdefault("hcg", frozenset(("positive",)))
    if years and years.low == years.high and "female" in sexes and "menopause" not in claims:
        if years.low >= _POSTMENOPAUSAL:
            claims["menopause"] = frozenset(("post",))
        elif years.low < _PREMENOPAUSAL:
            claims["menopause"] = frozenset(("pre",))
    return claims


def _sexes(text: str, said: Statements, known: str | None) -> frozenset[str]:
    if known:
        return frozenset((known,))
    spoken_of = sexes_said(text)
    if said.sex and not spoken_of & {"transfeminine", "transmasculine"}:
        return frozenset((said.sex,))
    return spoken_of


def _child(years: Range | None) -> bool | None:
    if years is None:
        return None
    if years.low >= ADULT:
        return False
    return True if years.high <= ADULT else None


def _age_words(years: Range | None) -> list[str]:
    if years is None:
        return []
    return [word for span, words in _AGE_WORDS if span.holds(years) for word in words]

"""Words that mean one thing or another, or name no organ: the ordered study decides what they mean.

"Hypothyroidism with palpable nodule" for an ultrasound of the thyroid names a thyroid nodule, and "screening"
for a mammogram is for breast cancer. "MS" for an MRI of the brain is multiple sclerosis where it is all that
its clause says, and may be mental status or a mitral stenosis elsewhere. A word before or behind that tells
of another place or purpose, as in "skin nodule" and "screening for lung cancer", takes the meaning away.
"Pain" and "fall" are a complaint of the place that is imaged, unless they are said of another one.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from terminology.context import ContextReader
from terminology.finding_text import MAXIMUM_LENGTH
from terminology.phrases import folded
from terminology.procedures import catalogue
from terminology.reading import Statement
from terminology.study_places import may_be_one_place, named_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_QUALIFIERS: Final = (
    "a|an|the|with|w|and|has|have|known|new|old|palpable|palp|solitary|single|incidental|small|large"
    "|growing|enlarging|firm|hard|tender|painless|suspicious|indeterminate|calcified|r|l|rt|lt|right|left"
    "|mm|cm|of|for|f u|follow up|eval|evaluate|feels|found|stable|persistent|nontender|annual|yearly"
    "|routine|due|request|requests"
)
_BEFORE: Final = re.compile(rf"(?:^|[^\w\s'-]|\b(?:{_QUALIFIERS}))\s*$")
"""What may stand before such a word: nothing, a sign, or a word that tells no place."""
_COURSES: Final = (
    "acute|subacute|chronic|severe|mild|moderate|sudden|worsening|persistent|increasing|recurrent|ongoing|blunt"
    "|minor|after|from|p|status post|due to|secondary to|because of|since|pt|patient|mechanical"
    "|intermittent|joint|sided|side|twisting|sports?|crush|inversion|eversion|hyperextension|valgus|varus"
)
_BEFORE_COMPLAINT: Final = re.compile(rf"(?:^|[^\w\s'-]|\b(?:{_QUALIFIERS}|{_COURSES}))\s*$")
_NO_COMPLAINT: Final = re.compile(
    r"^\s+(?:management|manager|clinic|medic\w*|meds?|control|pump|relief|scale|score|risk|precaution\w*|asleep)\b"
    r"|^\s+(?:cranic|facial|cervical|toracic|addominal|vertebral|lombar|pelvic|rachid)\w*"
)
"""What makes a word of complaint another word's."""
_LONG_AGO: Final = re.compile(
    r"^[^,;.()\n]{0,30}?\b(?:last (?:year|month)|(?:19|20)\d\d"
    r"|\d+ ?(?:y|yrs?|years?|mos?|months?)\.? (?:ago|prior|back|earlier))\b"
)
"""What makes a complaint an old story."""
_STATUS_POST: Final = re.compile(r"(?:s[/ ]p|status post)\s*$")
"""What makes other words history, and is said of a fall that just happened."""
_SAID_OF: Final = re.compile(
    r"^\s+(?:of|in|on|at|over|to|behind|under|near|from)\s+(?P<place>[^,;.()\n]{1,40})"
)
_NEAR: Final = 60
"""How many letters before and behind such a word are looked at."""
_SEEN_ON: Final = r"(?:ct|cxr|us|ultrasound|exam|chest|prior|palpation)\b"
_TIMES: Final = r"(?:\d|eval|follow|f/u|several|years|months|weeks|surveillance)"
_RESULTS: Final = r"(?:call|recall|abnormal|detected|finding|positive|shows|showed)"
_BEHIND: Final = re.compile(rf"^s?[\s-]+(?:(?:of|in|on|at)\s+(?!{_SEEN_ON})|for\s+(?!{_TIMES})|{_RESULTS})")
"""What tells behind it the place, the purpose, or that it is over."""
_ENDS: Final = re.compile(
    r"^\s*(?:$|[,;.()\n]|w/"
    r"|(?:with|w|on|x|patient|pt|flare|relapse|exacerbation|follow|f/u|surveillance|monitoring)\b)"
)
"""What may stand behind a word that must be all that its clause says."""


class _Meaning(NamedTuple):
    finding: str
    reading: str  # alone | complaint | "" for a word that names a thing


def decided_by_study(text: str, procedures: tuple[str, ...]) -> tuple[Statement, ...]:
    """The findings that such words mean where these studies, by their catalogue ids, are ordered."""
    meanings = _meanings(procedures)
    if not meanings:
        return ()
    text = text[:MAXIMUM_LENGTH]
    found = tuple(_words().finditer(text))
    return tuple(dict.fromkeys(_statements(text, found, meanings, _regions(procedures)))) if found else ()


def screened_for(procedures: tuple[str, ...]) -> str | None:
    """The finding that names what these studies screen for; `None` where they are no screening studies."""
    if not procedures or any("screening" not in catalogue()[each].techniques for each in procedures):
        return None
    meant = _meanings(procedures).get("screening")
    return meant.finding if meant else None


def _statements(
    text: str, found: tuple[re.Match[str], ...], meanings: Mapping[str, _Meaning], ordered: frozenset[str]
) -> Iterator[Statement]:
    plain = folded(text)
    context = ContextReader(text)
    for match in found:
        meant = meanings.get(match[1]) or meanings.get(match[1].lower())
        before, behind = _near(plain, *match.span())
        if meant is None or not _is_meant(meant.reading, before, behind, ordered):
            continue
        said = context.assertion(*match.span())
        past = said.historical and not (meant.reading == "complaint" and _STATUS_POST.search(before))
        if not (said.negated or said.uncertain or past or said.family or said.hypothetical):
            yield Statement(meant.finding, "present")


def _near(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and behind a word; a text that is cut off before it does not seem to begin there."""
    first = max(0, start - _NEAR)
    return f"{'x' if first else ''}{text[first:start]}", text[end : end + _NEAR]


def _is_meant(reading: str, before: str, behind: str, ordered: frozenset[str]) -> bool:
    """Whether nothing before or behind the word takes its meaning away."""
    if reading == "complaint":
        return (
            bool(_BEFORE_COMPLAINT.search(before))
            and not _NO_COMPLAINT.search(behind)
            and not _LONG_AGO.search(behind)
            and not _is_elsewhere(behind, ordered)
        )
    if not _BEFORE.search(before) or _BEHIND.search(behind):
        return False
    return reading != "alone" or bool(_ENDS.search(behind))


def _is_elsewhere(behind: str, ordered: frozenset[str]) -> bool:
    """Whether the words behind say that a complaint is of another place than the one that is imaged."""
    said = _SAID_OF.search(behind)
    places = named_places(said["place"].split()) if said else ()
    return bool(places) and not any(may_be_one_place(place.regions, ordered) for place in places)


@cache
def _regions(procedures: tuple[str, ...]) -> frozenset[str]:
    return frozenset(region for procedure in procedures for region in catalogue()[procedure].regions)


@cache
def _meanings(procedures: tuple[str, ...]) -> Mapping[str, _Meaning]:
    """What each word means for these studies; a word that may mean several findings means none."""
    studies = [catalogue()[procedure] for procedure in procedures]
    seen = {
        (modality, region) for each in studies for region in each.regions for modality in (each.modality, "")
    }
    meant: dict[str, set[_Meaning]] = {}
    for row in meanings_table():
        if (row["modality"], row["region"]) in seen:
            meant.setdefault(row["word"], set()).add(_Meaning(row["finding"], row["reading"]))
    return {word: next(iter(found)) for word, found in meant.items() if len(found) == 1}


@cache
def _words() -> re.Pattern[str]:
    """Any of the words; one in capitals must be written so."""
    words = sorted({row["word"] for row in meanings_table()})
    written = (re.escape(word) if word.isupper() else f"(?i:{re.escape(word)})" for word in words)
    return re.compile(rf"\b({'|'.join(written)})\b")


@cache
def meanings_table() -> tuple[dict[str, str], ...]:
    """The rows of `ambiguous.csv`."""
    text = (files("terminology") / "ambiguous.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))

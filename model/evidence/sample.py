"""How many patients or examinations a text says were studied."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from terminology.statement_words import values

_COUNTED: Final = (
    r"(?:patients?|inpatients|outpatients|participants?|subjects?|wom[ae]n|m[ae]n|children|infants|neonates|newborns|adolescents|adults"
    r"|individuals|persons|people|volunteers|cases|examinations?|exams|studies|scans|images|radiographs|mammograms"
    r"|lesions|nodules|masses|knees|hips|shoulders|ankles|wrists|breasts|kidneys|pregnancies|fetuses|veterans"
    r"|smokers|visits|encounters|admissions|procedures|biopsies|girls|boys)"
)
_NOT_COUNTED: Final = frozenset({"studies", "images"})
"""Words that count what was studied only where nothing else is counted."""
_ARTICLES: Final = frozenset({"a", "an", "un", "una", "uno", "due", "sei"})
_NUMBER: Final = r"(?<![\d.,%/-])(?P<number>\d{1,3}(?:[,\u2009\u202f]\d{3})+|\d{1,7})(?![\d.,]*\d|[%/-])"
_OF_A_KIND: Final = re.compile(
    rf"{_NUMBER} (?:(?!patient|(?:to|of|and|or|in|hu) )[a-z-]+ ){{0,4}}?(?P<kind>{_COUNTED})\b"
)
_EQUAL: Final = re.compile(r"\bn ?= ?(?P<number>\d{1,3}(?:,\d{3})+|\d{1,7})\b")
_YEAR: Final = re.compile(r"(?:\b(?:in|from|to|since|between|and|until|during|through|of|by)|[-\u2013]) ?$")
_YEARS: Final = range(1950, 2060)
_AFTER: Final = re.compile(r"\A (?:years?|months?|weeks?|days?|hours?|minutes?|mm|cm|ml|mg|mgy|msv)\b")


def sample_size(text: str) -> int | None:
    """The greatest number of patients or examinations that the text counts; `None` where it counts none.

    Years, ages, percentages, doses and the studies that a review includes are no sample.
    """
    plain = _in_digits(text.lower())
    counted: list[int] = []
    others: list[int] = []
    for match in _OF_A_KIND.finditer(plain):
        if _is_year(match, plain) or _AFTER.match(plain[match.end("number") :]):
            continue
        (others if match["kind"] in _NOT_COUNTED else counted).append(_value(match))
    counted += [_value(match) for match in _EQUAL.finditer(plain)]
    return max(counted or others, default=None)


def _is_year(match: re.Match[str], text: str) -> bool:
    value = _value(match)
    plain_year = "," not in match["number"] and value in _YEARS
    return plain_year and bool(_YEAR.search(text[: match.start("number")]))


def _value(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["number"]))


def _in_digits(text: str) -> str:
    """The text with its spelled numbers below a thousand in digits: "forty-two patients"."""
    return _spelled().sub(lambda match: str(_spelled_value(match[0])), text)


def _spelled_value(written: str) -> int:
    hundreds, hundred, rest = written.rpartition("hundred")
    below = sum(int(_words()[each]) for each in re.findall(r"[a-z]+", rest) if each in _words())
    return (100 * int(_words().get(hundreds.strip(), 1)) if hundred else 0) + below


@cache
def _spelled() -> re.Pattern[str]:
    """A spelled number before what it counts."""
    number = "|".join(sorted((word for word in _words() if word.isascii()), key=len, reverse=True))
    below = rf"(?:{number})(?:[ -](?:{number}))?"
    hundreds = rf"(?:a|{number}) hundred(?:(?: and)? {below})?"
    counted = rf"(?= (?:(?!hundred|thousand|million)[a-z-]+ ){{0,3}}?{_COUNTED}\b)"
    return re.compile(rf"\b(?:{hundreds}|{below}){counted}")


@cache
def _words() -> dict[str, str]:
    return {word: str(value) for word, value in values("number").items() if word not in _ARTICLES}

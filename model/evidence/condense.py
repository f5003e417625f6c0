"""An abstract condensed to what it found: results and conclusions, as they stand, labels kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from model.evidence.paper import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_PASSAGE: Final = 1_200
"""Characters of all that is kept; cut at the end of a sentence."""
_LAST_SENTENCES: Final = 2

_FOUND: Final = re.compile(
    r"result|finding|conclu|interpretation|implication|main outcome|key point|recommendation|advances"
    r"|relevance|summary statement|take[- ]home|limitation",
    re.IGNORECASE,
)
_CONCLUDES: Final = re.compile(
    r"conclu|interpretation|implication|key point|recommendation|relevance", re.IGNORECASE
)
_TELLS: Final = re.compile(
    r"\b(?:we (?:found|conclude|observed|recommend|suggest)|results? (?:show|showed|suggest|indicate)"
    r"|in conclusion|these (?:data|findings|results)|our (?:data|findings|results)"
    r"|(?:was|were) (?:significantly|higher|lower|found|detected|seen|identified|associated|present)"
    r"|sensitivity|specificity|predictive value|area under|accuracy|odds ratio|hazard ratio|relative risk"
    r"|confidence interval|p ?[<=]|\d ?%|should (?:be|not)|conclude[sd]?)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(
    r"(?<=[.!?])(?<!\bvs\.)(?<!\bi\.e\.)(?<!\be\.g\.)(?<!\bal\.)(?<!\bDr\.)\s+(?=[A-Z0-9(\[])"
)


def condensed(abstract: Sequence[Section]) -> tuple[Section, ...]:
    """The sections that report results and conclusions, in their order; nothing is added or reworded.

    Of an abstract without such labels the sentences that report are kept, and its last two. Where there is
    too much, conclusions are kept before results.
    """
    labelled = [each for each in abstract if each.label and _FOUND.search(each.label)]
    kept = labelled or [
        Section(each.label, text)
        for place, each in enumerate(abstract, start=1)
        if (text := _telling(each.text, last=place == len(abstract)))
    ]
    concluding = [each for each in kept if each.label and _CONCLUDES.search(each.label)]
    left = LONGEST_PASSAGE
    texts: dict[Section, str] = {}
    for section in (*concluding, *(each for each in kept if each not in concluding)):
        if text := _cut(section.text, left):
            texts[section] = text
            left -= len(text)
    return tuple(Section(each.label, texts[each]) for each in dict.fromkeys(kept) if each in texts)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text."""
    return tuple(part for part in _SENTENCE.split(" ".join(text.split())) if part)


def _telling(text: str, *, last: bool) -> str:
    """The sentences that report, and of the last section the last ones."""
    parts = sentences(text)
    ending = len(parts) - (_LAST_SENTENCES if last else 0)
    return " ".join(each for place, each in enumerate(parts) if place >= ending or _TELLS.search(each))


def _cut(text: str, longest: int) -> str:
    """The leading sentences that fit."""
    return " ".join(_fitting(sentences(text), longest))


def _fitting(parts: Sequence[str], longest: int) -> Iterator[str]:
    for part in parts:
        longest -= len(part) + 1
        if longest < -1:
            return
        yield part

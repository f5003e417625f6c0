"""How far two reasonings are about the same things: F1 over the embeddings of their clinical entities.

Entities are the findings of our vocabulary that a text mentions and the words of our catalogue's study names.
The published metric finds them with a biomedical recogniser; its figures and ours are not comparable.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from terminology.finding_text import mentions
from terminology.findings import vocabulary
from terminology.procedures import catalogue
from training.alignment import agreement

if TYPE_CHECKING:
    from training.alignment import Encoder

_WORD: Final = re.compile(r"[a-z]{2,}")
_FUNCTION: Final = frozenset(
    ("of", "and", "or", "with", "without", "for", "the", "to", "in", "on", "by", "at")
)


def entities(text: str) -> tuple[str, ...]:
    """The findings that a text mentions, by name, and the study words in it; each once, sorted."""
    found = {vocabulary()[mention.finding].name for mention in mentions(text)}
    return tuple(sorted(found | (set(_WORD.findall(text.lower())) & _study_words())))


def entity_f1(gold: str, generated: str, encoder: Encoder) -> float | None:
    """The harmonic mean of the greatest cosines either way; `None` where the gold text has no entity."""
    wanted = entities(gold)
    return agreement(wanted, entities(generated), encoder) if wanted else None


@cache
def _study_words() -> frozenset[str]:
    names = (procedure.name.lower() for procedure in catalogue())
    return frozenset(word for name in names for word in _WORD.findall(name)) - _FUNCTION

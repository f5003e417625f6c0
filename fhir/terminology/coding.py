"""A code with its system, and the concept that several of them (and a text) describe together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of one system; `system` is canonical (`systems.canonical_system`), `None` if none was sent."""

    code: str
    system: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """What a FHIR CodeableConcept says: codings that mean the same thing, and the words the sender used."""

    codings: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def empty(self) -> bool:
        """True where neither a code nor a word was sent."""
        return not self.codings and not self.words

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything the sender wrote: the text, then the displays, each once."""
        written = (self.text, *(coding.display for coding in self.codings))
        return tuple(dict.fromkeys(words for words in written if words))

    @property
    def words(self) -> str | None:
        """The sender's text, else the first display; `None` where there is neither."""
        return next(iter(self.texts), None)

"""Whether a finding that a text mentions is denied, doubted, past, a relative's or only conceivable.

A small ConText: words of the tables in `cues/` govern what stands after or before them, until the sentence
ends, a word such as "but" intervenes, or the cue's reach is spent. What somebody asks to rule out is doubted,
never denied: it is the reason for the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from terminology.cues import Cue, Phrase, cue_table, find_phrases, read_tokens

_READ_AT_MOST: Final = 5_000  # characters
_REACH_AT_MOST: Final = 60  # tokens: with it, the work grows with the text's length and no faster
_AXES: Final = ("negated", "uncertain", "historical", "family", "hypothetical")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a text says of one of its mentions; all False is a plain statement that it is so."""

    negated: bool
    uncertain: bool
    historical: bool
    family: bool
    hypothetical: bool


PLAIN: Final = Assertion(negated=False, uncertain=False, historical=False, family=False, hypothetical=False)


class _Scope(NamedTuple):
    axis: str
    cue_at: int
    forward: bool
    start: int
    end: int
    comma: int | None = None  # where a list without an "or" goes on over a comma

    def governs(self, start: int, end: int) -> bool:
        return self.start <= (start if self.forward else end - 1) < self.end


class ContextReader:
    """One text with its cues found; it answers for any number of mentions in that text.

    Only the first 5,000 characters are read: a mention beyond them is taken as plainly stated.
    """

    def __init__(self, text: str) -> None:
        table = cue_table()
        self._tokens = tuple(read_tokens(text[:_READ_AT_MOST], table.abbreviations))
        self._roles = [token.role for token in self._tokens]
        self._ends: dict[int, set[str]] = {}
        found = tuple(find_phrases(self._tokens, table))
        for at, phrase in found:
            self._mark(at, phrase)
        self._scopes = tuple(scope for at, phrase in found for scope in self._scopes_of(at, phrase))

    def assertion(self, start: int, end: int) -> Assertion:
        """Say how the mention at these characters is meant; of a denial and a doubt the later wins."""
        heard = dict.fromkeys(_AXES, -1)
        for scope in self._scopes:
            if scope.governs(start, end):
                heard[scope.axis] = max(heard[scope.axis], scope.cue_at)
        return Assertion(
            negated=heard["negated"] > heard["uncertain"],
            uncertain=heard["uncertain"] > heard["negated"],
            historical=heard["historical"] >= 0,
            family=heard["family"] >= 0,
            hypothetical=heard["hypothetical"] >= 0,
        )

    def denied_over_comma(self, start: int, end: int) -> str | None:
        """The word that denies the mention, where it does so only over a comma and no "or" makes a list.

        "No trauma, knee pain" may deny both, or the trauma alone. `None` where no such word denies it.
        """
        governing = [each for each in self._scopes if each.axis == "negated" and each.governs(start, end)]
        last = max((each.cue_at for each in governing), default=-1)
        commas = [each.comma for each in governing if each.cue_at == last]
        if commas and all(comma is not None and comma < start for comma in commas):
            return self._tokens[last].key
        return None

    def _mark(self, at: int, phrase: Phrase) -> None:
        """Let the tokens of a phrase act on other cues as the phrase does, not as the signs they hold."""
        self._roles[at : at + phrase.width] = [""] * phrase.width
        for cue in phrase.cues:
            if cue.kind == "ends":
                self._ends.setdefault(at, set()).update((cue.axis,) if cue.axis else _AXES)
            elif cue.kind != "pseudo":
                self._roles[at] = cue.direction or cue.kind
        if phrase.keys[0] == "~?":
            self._roles[at] = "stop"

    def _scopes_of(self, at: int, phrase: Phrase) -> Iterator[_Scope]:
        after = at + phrase.width
        for cue in phrase.cues:
            if cue.direction in {"forward", "both"} and (reached := self._reached(after, 1, cue)):
                begun, end = self._tokens[after - 1].end, self._tokens[reached[-1]].end
                yield _Scope(
                    cue.axis, at, forward=True, start=begun, end=end, comma=self._open_comma(reached)
                )
            if cue.direction in {"backward", "both"} and (reached := self._reached(at - 1, -1, cue)):
                start = self._tokens[reached[-1]].start
                yield _Scope(cue.axis, at, forward=False, start=start, end=self._tokens[at].start)

    def _reached(self, first: int, step: int, cue: Cue) -> list[int]:
        """Walk from a cue, forward or backward, and give the tokens it governs, the nearest first."""
        opening, closing = ("(", ")")[::step]
        reached: list[int] = []
        commas: list[int] = []
        depth = 0
        last = min(first + _REACH_AT_MOST, len(self._tokens)) if step > 0 else max(first - _REACH_AT_MOST, -1)
        for at in range(first, last, step):
            role = self._roles[at]
            if role == closing and at == first:
                continue  # "(ruled out)" and "(no)" speak of what stands outside their brackets
            depth += (role == opening) - (role == closing)
            if depth < 0 or self._halts(at, first, step, cue):
                break
            reached.append(at)
            if cue.reach == "word":
                break
            if role == "," and not depth:
                commas.append(at)
        return reached if cue.reach == "list" or not commas else self._first_item(reached, commas, step)

    def _open_comma(self, reached: list[int]) -> int | None:
        """The first comma of what is reached, where no "or" and no ", and" closes a list."""
        roles = [self._roles[at] for at in reached]
        closed = "or" in roles or (",", "and") in pairwise(roles)
        return None if closed or "," not in roles else self._tokens[reached[roles.index(",")]].start

    def _halts(self, at: int, first: int, step: int, cue: Cue) -> bool:
        role = self._roles[at]
        if role == "stop" or cue.axis in self._ends.get(at, ()):
            return True
        if role in {":", "dash"}:
            return at != first  # "trauma: no" and "denies: fever" reach over the sign they stand at
        if role == "and":
            return cue.reach == "item"
        if step < 0:
            return role == "backward"
        following = self._roles[at + 1 : at + 2]
        return role == "," and following in (["forward"], ["both"], ["number"])

    def _first_item(self, reached: list[int], commas: list[int], step: int) -> list[int]:
        """Cut at the first comma, unless an "or" further on makes one list of what the commas part."""
        joined = [at for at in reached if self._roles[at] == "or" and at > commas[0]]
        if joined and step < 0:
            return reached
        cut = next((at for at in commas if not joined or at > max(joined)), None)
        return reached if cut is None else reached[: reached.index(cut)]

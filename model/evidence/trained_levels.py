"""A scorer of evidence levels that a site has trained on its own labels, in the place of the rules' level.

It is a file of plain numbers, which `apposite train evidence-level` writes: a softmax regression over
`level_features`. It gives the likeliest level and says what spoke for it; neither numpy nor the training is
needed to use it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from model.evidence.level_features import feature_words, level_features
from model.evidence.paper import EvidenceLevel
from model.evidence.weigh import Weighed, by_rules, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from model.evidence.paper import Paper

FORMAT: Final = "apposite-evidence-levels-1"
LEVELS: Final = tuple(sorted(EvidenceLevel))
"""The order in which the numbers stand."""
TRAINED: Final = "level trained on this site's labels"
_TABLES: Final = ("designs.csv", "types.csv", "words.csv", "denied.csv", "features.csv")
_MOST_REASONS: Final = 3
_WORTH_SAYING: Final = 0.1
"""In natural logarithms of odds: what moves the odds by less than a tenth is not worth saying."""


class TrainedLevelsError(ValueError):
    """The file cannot be used; the message names the rule that it breaks."""


@dataclass(frozen=True, slots=True)
class TrainedLevels:
    """The fitted numbers, as a `Weigh`.

    `weights` and `bias` hold a number for each of `LEVELS`; `digest` names the file's content.
    """

    weights: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]
    digest: str

    def __call__(self, paper: Paper, *, this_year: int | None = None) -> Weighed:
        """The likeliest level, with the design, what spoke most for the level, and that it was trained."""
        reading = read(paper, this_year=this_year)
        features = level_features(reading)
        scores = self._scores(features)
        level = LEVELS[max(range(len(LEVELS)), key=scores.__getitem__)]
        reasons = (feature_words(theme, reading) for theme in self._speaking_for(features, level))
        ruled = by_rules(reading).level
        told = TRAINED if ruled is level else f"{TRAINED}; by the rules it would be {int(ruled)}"
        because = dict.fromkeys((reading.design_name, *reasons, told))
        return Weighed(level, reading.design.id, tuple(because), self.digest)

    def _scores(self, features: Mapping[str, float]) -> list[float]:
        scores = list(self.bias)
        for name, value in features.items():
            for at, weight in enumerate(self.weights.get(name, ())):
                scores[at] += weight * value
        return scores

    def _speaking_for(self, features: Mapping[str, float], level: EvidenceLevel) -> list[str]:
        """The themes that spoke most for the level, against the mean of the others."""
        at = LEVELS.index(level)
        themes: dict[str, float] = {}
        for name, value in features.items():
            if (weight := self.weights.get(name)) is not None:
                others = (sum(weight) - weight[at]) / (len(LEVELS) - 1)
                theme = name.partition("|")[0]
                themes[theme] = themes.get(theme, 0.0) + (weight[at] - others) * value
        weighty = [theme for theme, spoke in themes.items() if spoke >= _WORTH_SAYING]
        return sorted(weighty, key=lambda theme: (-themes[theme], theme))[:_MOST_REASONS]


def load(path: Path) -> TrainedLevels:
    """The scorer that a file holds.

    Raises:
        TrainedLevelsError: The file cannot be read, is no such scorer, was changed after it was written, or
            was trained with other tables.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise TrainedLevelsError("the file cannot be read") from None
    except (ValueError, RecursionError):
        raise TrainedLevelsError("the file is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise TrainedLevelsError("the file is no trained scorer of evidence levels of this version")
    if content.get("digest") != content_digest(content):
        raise TrainedLevelsError("the file was changed after it was written; train it anew")
    if content.get("tables") != tables_digest():
        raise TrainedLevelsError("the scorer was trained with other tables of words; train it anew")
    try:
        weights = {str(name): _numbers(each) for name, each in content["weights"].items()}
        return TrainedLevels(weights, _numbers(content["bias"]), content["digest"])
    except (KeyError, TypeError, AttributeError, ValueError):
        raise TrainedLevelsError("the file holds no numbers for the four levels") from None


def content_digest(content: Mapping[str, Any]) -> str:
    """The digest of all that a scorer's file holds beside it."""
    held = {name: value for name, value in content.items() if name != "digest"}
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]


def tables_digest() -> str:
    """A digest of the tables by which a paper is read; a scorer holds only for these."""
    tables = files("model.evidence") / "weigh_words"
    digest = hashlib.sha256()
    for name in _TABLES:
        digest.update((tables / name).read_bytes())
    return digest.hexdigest()[:16]


def _numbers(given: Any) -> tuple[float, ...]:
    """A finite number for each level.

    Raises:
        ValueError: There are more or fewer, or one is not finite.
        TypeError: It is no list of numbers.
    """
    numbers = tuple(map(float, given))
    if len(numbers) != len(LEVELS) or not all(map(math.isfinite, numbers)):
        raise ValueError
    return numbers

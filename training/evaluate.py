"""One measurement for every system: the same examples and the same figures (`report.py` writes them down)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.reasoning.language_model import LanguageModelError
from training.entities import entity_f1
from training.judge import judged
from training.metrics import (
    Said,
    abstention,
    calibration,
    calibration_error,
    confusion,
    f1,
    interval,
    mcnemar,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.reasoning.language_model import LanguageModel
    from training.alignment import Encoder
    from training.examples import Example
    from training.splits import Split

SEED: Final = 0
BANDS: Final = 10
_STATUS: Final = Path("/proc/self/status")
_PEAK_RESET: Final = Path("/proc/self/clear_refs")

System = Callable[[Sequence["Example"], Sequence["Example"]], list[Said]]
"""From training and test examples to what it says of the latter, in their order."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who compares written reasonings with gold ones: a judge, an encoder of entities, either or neither."""

    judge: LanguageModel | None = None
    encoder: Encoder | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one system reached on one split. `unanswered` examples count as missed in every F1.

    `interval` is the middle 95 % of macro F1 when the test's topics are drawn again; `table` has a row a gold
    rating and a column a rating said, the last for none; `p` is McNemar's against each system before it.
    `judged` and `entities` are means over reasonings, with how many there were; `peak_mb` is the greatest
    memory of the whole process meanwhile, `None` where the machine does not tell.
    """

    split: str
    system: str
    train: int
    test: int
    unanswered: int
    macro_f1: float
    weighted_f1: float
    interval: tuple[float, float]
    table: list[list[int]]
    calibration: list[tuple[float, float, int]]
    calibration_error: float | None
    abstention: list[tuple[float, float]]
    p: dict[str, float]
    judged: tuple[float, int] | None
    entities: tuple[float, int] | None
    seconds: float
    peak_mb: float | None


NO_READERS: Final = Readers()


def compare(made: Split, systems: Mapping[str, System], readers: Readers = NO_READERS) -> list[Result]:
    """Each system on the split, in the order given."""
    results: list[Result] = []
    before: dict[str, list[Said]] = {}
    for name, system in systems.items():
        _forget_peak()
        started = time.perf_counter()
        said = system(made.train, made.test)
        seconds = time.perf_counter() - started
        results.append(_result(made, name, said, before=before, readers=readers, seconds=seconds))
        before[name] = said
    return results


def _result(  # noqa: PLR0913 - what a result is made of
    made: Split,
    name: str,
    said: list[Said],
    *,
    before: Mapping[str, list[Said]],
    readers: Readers,
    seconds: float,
) -> Result:
    peak = _peak_mb()
    gold = [example.rating for example in made.test]
    table = confusion(gold, said)
    macro, weighted = f1(table)
    bands = calibration(gold, said, BANDS)
    return Result(
        split=made.name,
        system=name,
        train=len(made.train),
        test=len(made.test),
        unanswered=sum(each.rating is None for each in said),
        macro_f1=macro,
        weighted_f1=weighted,
        interval=interval(gold, said, [example.topic for example in made.test], seed=SEED),
        table=table.tolist(),
        calibration=bands,
        calibration_error=calibration_error(bands),
        abstention=abstention(gold, said),
        p={other: mcnemar(gold, theirs, said) for other, theirs in before.items()},
        judged=_mean(
            [_judged(each, example, readers) for each, example in zip(said, made.test, strict=True)]
        ),
        entities=_mean(
            [_alike(each, example, readers) for each, example in zip(said, made.test, strict=True)]
        ),
        seconds=seconds,
        peak_mb=peak,
    )


def _judged(said: Said, example: Example, readers: Readers) -> float | None:
    """The judge's score of a reasoning beside the gold one; `None` where there is none, or no score."""
    gold = _gold(example)
    if readers.judge is None or not gold or not said.reasoning:
        return None
    try:
        return judged(readers.judge, gold, said.reasoning)
    except LanguageModelError:
        return None


def _alike(said: Said, example: Example, readers: Readers) -> float | None:
    gold = _gold(example)
    if readers.encoder is None or not gold or not said.reasoning:
        return None
    return entity_f1(" ".join(gold), " ".join(said.reasoning), readers.encoder)


def _gold(example: Example) -> tuple[str, ...]:
    return tuple(each.text for each in example.trace if not each.citations)


def _mean(values: Sequence[float | None]) -> tuple[float, int] | None:
    known = [value for value in values if value is not None]
    return (sum(known) / len(known), len(known)) if known else None


def _forget_peak() -> None:
    """Let the kernel count the greatest memory anew (proc(5), clear_refs); nothing where it has no such."""
    try:
        _PEAK_RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float | None:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)

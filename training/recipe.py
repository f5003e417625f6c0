"""A recipe: all that decides how a training run goes, in one TOML file, checked by recipe.schema.json."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from training.splits import By

if TYPE_CHECKING:
    from collections.abc import Mapping

RECIPES: Final = Path(__file__).with_name("recipes")
SCHEMA: Final = Path(__file__).with_name("recipe.schema.json")


class RecipeError(ValueError):
    """The recipe cannot be used; the message names the place and the rule."""


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How weights are changed, in SFT and in GRPO alike; `warmup` is a share of the steps."""

    learning_rate: float
    scheduler: str
    warmup: float
    weight_decay: float
    betas: tuple[float, float]
    max_grad_norm: float
    batch: int
    accumulation: int
    max_steps: int
    save_steps: int


@dataclass(frozen=True, slots=True)
class Letters:
    """How the ratings' letters are taught; a batch is so many cases, each with all its studies.

    A share `passages` of the cases is shown one to three passages, precedents of studies that are drawn; of
    several words, and of the lines of findings beside them, each is left out with the chance `forget`.
    """

    optimisation: Optimisation
    passages: float
    forget: float


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What SFT shows: every other prompt with evidence or none, and how many sentences of a reasoning.

    A row is cut at `max_length` tokens.
    """

    max_length: int
    evidence: bool
    most_sentences: int


@dataclass(frozen=True, slots=True)
class Sampling:
    """How GRPO draws completions, and what holds the model to its reference (`beta`)."""

    generations: int
    longest_completion: int
    temperature: float
    top_p: float
    beta: float
    loss: str
    vllm: bool


@dataclass(frozen=True, slots=True)
class RewardDesign:
    """One of the reward designs that are compared: whether the prompt has evidence, and what is rewarded."""

    evidence: bool
    rewards: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """Which part of the examples is trained on; prompts of more than `longest_prompt` tokens are left out."""

    by: By
    seed: int
    test_share: float
    longest_prompt: int


@dataclass(frozen=True, slots=True)
class Lora:
    """The size of the adapter and the projections that it adapts."""

    r: int
    alpha: int
    dropout: float
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training, ready to run; its weights are in `dtype`, and computed with in bfloat16 where `autocast`.

    `letters` is `None` where a recipe does not teach them. `digest` names the content: what has an equal one
    trains alike.
    """

    name: str
    digest: str
    seed: int
    base: str
    dtype: str
    autocast: bool
    quantize: bool
    threads: int
    data: Data
    lora: Lora
    letters: Letters | None
    sft: Optimisation
    demonstration: Demonstration
    grpo: Optimisation
    sampling: Sampling
    variants: Mapping[str, RewardDesign]


def find_recipe(name: str) -> Path:
    """The file of a bundled recipe, or the file that is named.

    Raises:
        RecipeError: There is neither.
    """
    for path in (RECIPES / f"{name}.toml", Path(name)):
        if path.is_file():
            return path
    bundled = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml")))
    raise RecipeError(f"no such recipe; name a TOML file or one of {bundled}")


def read_recipe(path: Path) -> Recipe:
    """The recipe of a TOML file.

    Raises:
        RecipeError: It is no TOML or breaks a rule of the schema.
    """
    try:
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path.name}: not TOML: {error}") from None
    problem = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for found in problem.iter_errors(entry):
        place = "/".join(str(part) for part in found.absolute_path) or "the recipe"
        raise RecipeError(f"{path.name}: {place} breaks the rule {found.validator}")
    for name, variant in entry["variants"].items():
        if len(variant["weights"]) != len(variant["rewards"]):
            raise RecipeError(f"{path.name}: variants/{name} needs one weight for each reward")
    if entry["grpo"]["batch"] * entry["grpo"]["accumulation"] % entry["grpo"]["generations"]:
        raise RecipeError(f"{path.name}: grpo/generations must divide batch times accumulation")
    return _recipe(entry)


def _recipe(entry: dict[str, Any]) -> Recipe:
    canonical = json.dumps(entry, sort_keys=True)
    data, grpo = entry["data"], entry["grpo"]
    return Recipe(
        **{key: entry[key] for key in ("name", "seed", "base", "dtype", "autocast", "quantize", "threads")},
        digest=hashlib.sha256(canonical.encode()).hexdigest()[:12],
        data=Data(**{**data, "by": By(data["by"])}),
        lora=Lora(**{**entry["lora"], "targets": tuple(entry["lora"]["targets"])}),
        letters=_letters(entry["letters"]) if "letters" in entry else None,
        sft=_optimisation(entry["sft"]),
        demonstration=Demonstration(**{key: entry["sft"][key] for key in Demonstration.__slots__}),
        grpo=_optimisation(grpo),
        sampling=Sampling(**{key: grpo[key] for key in Sampling.__slots__}),
        variants={
            name: RewardDesign(each["evidence"], tuple(each["rewards"]), tuple(each["weights"]))
            for name, each in entry["variants"].items()
        },
    )


def _letters(entry: dict[str, Any]) -> Letters:
    return Letters(_optimisation(entry), entry["passages"], entry["forget"])


def _optimisation(entry: dict[str, Any]) -> Optimisation:
    return Optimisation(
        **{key: entry[key] for key in Optimisation.__slots__ if key != "betas"}, betas=tuple(entry["betas"])
    )

"""What the model is asked about an example: the text of prompts/rate.md, filled in."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from model.reasoning.language_model import Prompt

if TYPE_CHECKING:
    from training.examples import Example

PROMPT: Final = Path(__file__).with_name("prompts") / "rate.md"
NO_EVIDENCE: Final = "Evidence: none"


def rating_prompt(example: Example, *, evidence: bool) -> Prompt:
    """The question about an example, with its numbered evidence or without; never its rating."""
    system, user, digest = _template()
    passages = [f"[{number}] {text}" for number, text in enumerate(example.evidence, 1)] if evidence else []
    return Prompt(
        system,
        user.substitute(
            condition=example.topic,
            scenario=example.scenario,
            procedure=example.procedure,
            evidence="\n".join(["Evidence:", *passages]) if passages else NO_EVIDENCE,
        ).strip(),
        digest,
    )


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The prompt as chat messages."""
    return [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]


@cache
def _template() -> tuple[str, Template, str]:
    text = PROMPT.read_text(encoding="utf-8")
    system, _, user = text.partition("\n---\n")
    return system, Template(user), hashlib.sha256(text.encode()).hexdigest()[:12]

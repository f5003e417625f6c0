"""Systems of SmolLM2 by torch: a head on its hidden states, and the model itself under a peft adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from peft import PeftModel
from sklearn.linear_model import LogisticRegression

from model.reasoning.answer import LABELS
from training.base_model import SMOLLM2, load_model, load_tokenizer
from training.letters import letter_ids
from training.linear import from_probabilities
from training.shared_prompts import by_case, row, shared_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from model.assessment import Rating
    from training.examples import Example
    from training.metrics import Said

BATCH: Final = 8


def head(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """A balanced logistic regression on SmolLM2's last hidden states, averaged over the tokens of a line."""
    model, tokenizer = load_model(SMOLLM2, dtype="bfloat16"), load_tokenizer(SMOLLM2)
    rows = _hidden([_line(example) for example in [*train, *test]], model, tokenizer)
    mean, spread = rows[: len(train)].mean(axis=0), rows[: len(train)].std(axis=0) + 1e-6
    rows = (rows - mean) / spread
    fitted = LogisticRegression(C=0.003, class_weight="balanced", max_iter=500)
    fitted.fit(rows[: len(train)], [example.rating.value for example in train])
    return from_probabilities(fitted.classes_, fitted.predict_proba(rows[len(train) :]))


def letters_of(adapter: Path | None, examples: Sequence[Example]) -> dict[str, dict[Rating, float]]:
    """By example, the probability of each rating's letter as the first token of SmolLM2's reply.

    `adapter` is a peft adapter's folder, `None` for the model alone. The prompts are those that the service
    asks, an example's evidence in them; what they share is read once. The letters themselves are looked up in
    single precision: in bfloat16 one reply in several has two likeliest letters.
    """
    tokenizer, model = load_tokenizer(SMOLLM2), load_model(SMOLLM2)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    model = model.to(torch.bfloat16).eval()
    rows = model.lm_head.weight[letter_ids(tokenizer)].detach().float()
    said: dict[str, dict[Rating, float]] = {}
    for question, alike in by_case(examples, evidence=True):
        prompt = shared_prompt(question, alike, tokenizer)
        read = row([prompt])
        with torch.no_grad():
            hidden = model.model(
                input_ids=read["input_ids"],
                position_ids=read["position_ids"],
                attention_mask=read["attention_mask"].to(model.dtype),
                use_cache=False,
            ).last_hidden_state[0, read["last"]]
            logits = hidden.float() @ rows.T
        for example, scores in zip(alike, logits.softmax(dim=1).tolist(), strict=True):
            said[example.id] = dict(zip(LABELS, scores, strict=True))
    return said


def _line(example: Example) -> str:
    return f"{example.topic}. {example.scenario}. {example.procedure}"


def _hidden(lines: Sequence[str], model: Any, tokenizer: Any) -> np.ndarray[Any, Any]:
    parts = []
    for batch in _batches(lines):
        ids = tokenizer(batch, return_tensors="pt", padding=True)
        with torch.no_grad():
            states = model.model(**ids).last_hidden_state.float()
        mask = ids["attention_mask"][..., None]
        parts.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    return np.concatenate(parts)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), BATCH):
        yield list(texts[start : start + BATCH])

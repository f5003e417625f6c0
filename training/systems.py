"""Systems of SmolLM2 by torch: a head on its hidden states, and the model itself under a peft adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from peft import PeftModel
from sklearn.linear_model import LogisticRegression

from model.reasoning.answer import LABELS
from training.base_model import SMOLLM2, load_model, load_tokenizer
from training.linear import from_probabilities
from training.metrics import Said
from training.prompting import letter_prompt, messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from model.reasoning.language_model import Prompt
    from training.evaluate import System
    from training.examples import Example

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


class Causal:
    """SmolLM2 with an adapter on top of another, either of which may be absent."""

    def __init__(self, *adapters: Path) -> None:
        self._tokenizer = load_tokenizer(SMOLLM2)
        self._model: Any = load_model(SMOLLM2)
        for adapter in adapters:
            self._model = PeftModel.from_pretrained(self._model, str(adapter)).merge_and_unload()
        self._model = self._model.to(torch.bfloat16).eval()

    def by_letters(self, test: Sequence[Example]) -> list[Said]:
        """The rating of the likeliest letter as the reply's first token, with its probability."""
        letters = [self._tokenizer(letter, add_special_tokens=False)["input_ids"][0] for letter in "ABC"]
        said = []
        for example in test:
            ids = self._tokenizer(
                self._chat(letter_prompt(example, evidence=True)),
                return_tensors="pt",
                add_special_tokens=False,
            )
            with torch.no_grad():
                logits = self._model(**ids, logits_to_keep=1).logits[0, -1, letters].float()
            scores = logits.softmax(0).tolist()
            best = int(np.argmax(scores))
            said.append(Said(list(LABELS)[best], scores[best]))
        return said

    def _chat(self, prompt: Prompt) -> str:
        return str(
            self._tokenizer.apply_chat_template(messages(prompt), tokenize=False, add_generation_prompt=True)
        )


def by_letters(adapter: Path) -> System:
    """SmolLM2 with the peft adapter, asked for probabilities as the service asks."""
    return lambda _train, test: Causal(adapter).by_letters(test)


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

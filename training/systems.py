"""The systems that are compared: from training and test examples to what each says of the latter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from peft import PeftModel
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from model.assessment import Rating
from model.reasoning.answer import LABELS
from training.base_model import SMOLLM2, load_model, load_tokenizer
from training.metrics import RATINGS, Said
from training.prompting import messages, rating_prompt
from training.rewards import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from training.examples import Example

BATCH: Final = 8


def majority(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """The commonest rating of the training examples, for everything."""
    ratings = [example.rating for example in train]
    return [Said(max(RATINGS, key=ratings.count))] * len(test)


def linear(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """TF-IDF of topic, scenario and study apart, and a balanced logistic regression."""
    words = [
        make_pipeline(_column(name), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True))
        for name in ("topic", "scenario", "procedure")
    ]
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 6), sublinear_tf=True)
    model = make_pipeline(
        make_union(*words, make_pipeline(_column("procedure"), characters)),
        LogisticRegression(C=3, class_weight="balanced", max_iter=400),
    )
    model.fit(train, [example.rating.value for example in train])
    return _from_probabilities(model.classes_, model.predict_proba(test))


def head(train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """A balanced logistic regression on SmolLM2's last hidden states, averaged over the tokens of a line."""
    model, tokenizer = load_model(SMOLLM2, dtype="bfloat16"), load_tokenizer(SMOLLM2)
    rows = _hidden([_line(example) for example in [*train, *test]], model, tokenizer)
    mean, spread = rows[: len(train)].mean(axis=0), rows[: len(train)].std(axis=0) + 1e-6
    rows = (rows - mean) / spread
    fitted = LogisticRegression(C=0.003, class_weight="balanced", max_iter=500)
    fitted.fit(rows[: len(train)], [example.rating.value for example in train])
    return _from_probabilities(fitted.classes_, fitted.predict_proba(rows[len(train) :]))


class Causal:
    """SmolLM2 with an adapter on top of another, either of which may be absent."""

    def __init__(self, *adapters: Path) -> None:
        self._tokenizer = load_tokenizer(SMOLLM2)
        self._model: Any = load_model(SMOLLM2)
        for adapter in adapters:
            self._model = PeftModel.from_pretrained(self._model, str(adapter)).merge_and_unload()
        self._model = self._model.to(torch.bfloat16).eval()

    def by_likelihood(self, test: Sequence[Example], *, evidence: bool, alone: bool = False) -> list[Said]:
        """The rating whose answer is likeliest right after the question, without any reasoning.

        An answer stands in its tag, or is the label alone, as an adapter trained on labels alone writes it.
        """
        tails = [label if alone else f"<answer>{label}</answer>" for label in LABELS.values()]
        said = []
        for example in test:
            asked = self._asked(example, evidence=evidence)
            scores = torch.tensor([self._score(asked, tail) for tail in tails]).softmax(0).tolist()
            best = int(np.argmax(scores))
            said.append(Said(list(LABELS)[best], scores[best]))
        return said

    def by_generation(
        self, test: Sequence[Example], *, evidence: bool, longest: int = 120
    ) -> tuple[list[Said], list[str]]:
        """The rating of the greedy answer, none where it is not one in the grammar; and the texts."""
        texts: list[str] = []
        for batch in _batches([self._asked(example, evidence=evidence) for example in test]):
            ids = self._tokenizer(batch, return_tensors="pt", padding=True, add_special_tokens=False)
            with torch.no_grad():
                made = self._model.generate(**ids, max_new_tokens=longest, do_sample=False)
            texts += self._tokenizer.batch_decode(
                made[:, ids["input_ids"].shape[1] :], skip_special_tokens=True
            )
        return [Said(answer.rating if (answer := served(text)) else None) for text in texts], texts

    def _asked(self, example: Example, *, evidence: bool) -> str:
        prompt = messages(rating_prompt(example, evidence=evidence))
        return str(self._tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))

    def _score(self, asked: str, tail: str) -> float:
        start = self._tokenizer(asked, add_special_tokens=False)["input_ids"]
        end = self._tokenizer(tail, add_special_tokens=False)["input_ids"]
        ids = torch.tensor([start + end])
        with torch.no_grad():
            logits = self._model(ids).logits[0, len(start) - 1 : -1].float().log_softmax(-1)
        return float(logits.gather(1, torch.tensor(end)[:, None]).sum())


def by_likelihood(adapter: Path) -> Callable[[Sequence[Example], Sequence[Example]], list[Said]]:
    """SmolLM2 with the adapter, asked with evidence for the likeliest rating."""
    return lambda _train, test: Causal(adapter).by_likelihood(test, evidence=True)


def _column(name: str) -> Any:
    return FunctionTransformer(lambda examples: [getattr(example, name) for example in examples])


def _line(example: Example) -> str:
    return f"{example.topic}. {example.scenario}. {example.procedure}"


def _from_probabilities(classes: Sequence[str], rows: np.ndarray[Any, Any]) -> list[Said]:
    return [Said(Rating(classes[int(row.argmax())]), float(row.max())) for row in rows]


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

"""The rewards of GRPO, by TRL's contract: called with a batch, a number for each completion, `None` to skip.

`None` means that nothing can be judged, 0.0 that it was judged and found wrong; an exception stops the run.
Each is picklable and has a name. They read completions with `model.reasoning.answer`, as the service does,
and hold them to the limits of its schema, so that nothing that would not be served is rewarded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Rating
from model.reasoning.answer import ANSWER_SCHEMA, Answer, read_answer, read_sentences
from model.reasoning.language_model import LanguageModelError
from training.alignment import agreement, coverage, own_sentences
from training.faithfulness import faithfulness
from training.judge import judged

if TYPE_CHECKING:
    from model.reasoning.language_model import LanguageModel
    from training.alignment import Encoder

_REASONING: Final = ANSWER_SCHEMA["properties"]["reasoning"]
MOST_SENTENCES: Final[int] = _REASONING["maxItems"]
LONGEST_SENTENCE: Final[int] = _REASONING["items"]["properties"]["sentence"]["maxLength"]

RIGHT: Final = 0.5
"""What the right rating alone earns in the graded reward; the reasoning earns the rest."""

_WRONG_SHARE: Final = {1: 0.3, 2: 0.1}
"""How much of the reasoning's reward is left where the rating is one band off, or two."""

Message = str | list[dict[str, str]]


class MissingJudgeError(RuntimeError):
    """A reward needs a language model and none was named."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One completion, read, beside its gold answer; `answer` is `None` where it is not one that is served."""

    answer: Answer | None
    gold: Answer
    prompt: str
    evidence: Sequence[str]

    @property
    def right(self) -> bool:
        """Whether the rating is the gold one."""
        return self.answer is not None and self.answer.rating is self.gold.rating

    @property
    def said(self) -> tuple[str, ...]:
        """The reasoning's own sentences."""
        return (
            own_sentences([each.text for each in self.answer.sentences], self.prompt) if self.answer else ()
        )

    @property
    def reference(self) -> tuple[str, ...]:
        """The gold sentences that no passage of the prompt gives away."""
        return tuple(each.text for each in self.gold.sentences if not each.citations)


Judgement = Callable[[Judged], float | None]


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward of one completion at a time, called as TRL calls it: by batch, with the dataset's columns."""

    name: str
    of: Judgement = field(repr=False)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(
        self,
        prompts: Sequence[Message],
        completions: Sequence[Message],
        rating: Sequence[str],
        trace: Sequence[Sequence[str]],
        evidence: Sequence[Sequence[str]],
        **_: Any,
    ) -> list[float | None]:
        """The reward of each completion; `rating`, `trace` and `evidence` are the dataset's columns."""
        return [
            self.of(Judged(served(_text(completion)), gold_answer(label, lines), _text(prompt), passages))
            for prompt, completion, label, lines, passages in zip(
                prompts, completions, rating, trace, evidence, strict=True
            )
        ]


def served(text: str) -> Answer | None:
    """The answer that a completion holds, `None` where the service would not give it out."""
    answer = read_answer(text)
    fits = answer is not None and len(answer.sentences) <= MOST_SENTENCES
    fits = fits and all(len(each.text) <= LONGEST_SENTENCE for each in answer.sentences) if answer else False
    return answer if fits else None


def gold_answer(rating: str, trace: Sequence[str]) -> Answer:
    """The gold answer as the dataset's columns hold it: the rating, and one line for each sentence."""
    return Answer(read_sentences("\n".join(trace)), Rating(rating))


def right_answer(judged_: Judged) -> float:
    """1 for the gold rating in a well-formed answer, else 0."""
    return float(judged_.right)


def well_formed(judged_: Judged) -> float:
    """1 for one answer in the grammar, with no sentence said twice; else 0."""
    if judged_.answer is None:
        return 0.0
    said = [each.text.lower() for each in judged_.answer.sentences]
    return float(len(set(said)) == len(said))


@dataclass(frozen=True, slots=True)
class ByJudge:
    """A language model's score of the reasoning beside the gold one; `None` where it gave none."""

    model: LanguageModel

    def __call__(self, judged_: Judged) -> float | None:
        """0 to 1; 0 without own sentences, which no judge is asked about."""
        if not judged_.said:
            return 0.0
        try:
            return judged(self.model, judged_.reference, judged_.said)
        except LanguageModelError:
            return None


@dataclass(frozen=True, slots=True)
class ByEmbedding:
    """The published alignment of the reasoning with the gold one, whatever the rating."""

    encoder: Encoder

    def __call__(self, judged_: Judged) -> float | None:
        """0 to 1; `None` without a gold reasoning."""
        if not judged_.reference:
            return None
        return coverage(judged_.reference, judged_.said, self.encoder)


@dataclass(frozen=True, slots=True)
class JointAsPublished:
    """MedReason-Embed's reward: nothing for a wrong rating, else the published alignment."""

    encoder: Encoder

    def __call__(self, judged_: Judged) -> float | None:
        """0 to 1; `None` for the right rating where there is no gold reasoning."""
        return ByEmbedding(self.encoder)(judged_) if judged_.right else 0.0


@dataclass(frozen=True, slots=True)
class JointGraded:
    """Ours: the rating earns a half by itself, the reasoning the rest; a wrong rating leaves a part of that.

    Any right answer earns more than any wrong one, and a better reasoning always earns more.
    """

    encoder: Encoder

    def __call__(self, judged_: Judged) -> float | None:
        """0 to 1; `None` without a gold reasoning."""
        if judged_.answer is None:
            return 0.0
        if not judged_.reference:
            return None
        reasoned = (1 - RIGHT) * agreement(judged_.reference, judged_.said, self.encoder)
        return (
            RIGHT + reasoned if judged_.right else reasoned * _WRONG_SHARE[_off(judged_.answer, judged_.gold)]
        )


def faithful(judged_: Judged) -> float | None:
    """How faithful the citations are; `None` where there is nothing to cite."""
    if judged_.answer is None:
        return 0.0
    return faithfulness(judged_.answer.sentences, judged_.evidence, judged_.gold.sentences)


def make_rewards(
    names: Sequence[str], *, encoder: Callable[[], Encoder], judge: LanguageModel | None
) -> list[Reward]:
    """The rewards of these names, which the recipe's schema has checked.

    Raises:
        MissingJudgeError: The judge's reward is asked for and there is no judge to ask.
    """
    return [Reward(name, _judgement(name, encoder, judge)) for name in names]


def _judgement(name: str, encoder: Callable[[], Encoder], judge: LanguageModel | None) -> Judgement:
    plain: dict[str, Judgement] = {"answer": right_answer, "format": well_formed, "citations": faithful}
    if name in plain:
        return plain[name]
    if name == "judge":
        if judge is None:
            raise MissingJudgeError("the reward `judge` needs a language model; name one")
        return ByJudge(judge)
    if name == "embedding":
        return ByEmbedding(encoder())
    return JointAsPublished(encoder()) if name == "joint-as-published" else JointGraded(encoder())


def _off(answer: Answer, gold: Answer) -> int:
    return abs(answer.rating.rank - gold.rating.rank)


def _text(value: Message) -> str:
    """A text, or what the messages of a conversation say together."""
    return value if isinstance(value, str) else "\n".join(message["content"] for message in value)

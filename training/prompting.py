"""What the model is asked about an example: what the service would ask about the order that says the same.

An example becomes an order with its topic as the reason and its scenario as the words beside it, and goes
through the case border like any other, so that the model learns from prompts as it will meet them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from model.intake import PlainCase, case_of_record
from model.reasoning.answer import LABELS
from model.reasoning.chat import lettered
from model.reasoning.prompt import Question, asked, question_of
from model.spans import spans
from terminology.coding import Concept

if TYPE_CHECKING:
    from model.case import ImagingCase
    from model.reasoning.language_model import Prompt
    from training.examples import Example


def rating_prompt(example: Example, *, evidence: bool) -> Prompt:
    """The question about an example, with its numbered evidence or without; never its rating."""
    return asked(question_of_example(example, example.evidence if evidence else ()))


def letter_prompt(example: Example, *, evidence: bool) -> Prompt:
    """The same question with the ratings as lettered options, as the service asks for probabilities."""
    return lettered(rating_prompt(example, evidence=evidence), list(LABELS.values()))


def case_of(example: Example) -> ImagingCase | None:
    """The example as an order that a clinician might write; `None` where no study can be read of its name."""
    return _case(example.procedure, example.topic, example.scenario)


def question_of_example(example: Example, passages: tuple[str, ...] = ()) -> Question:
    """What the service would ask about the example, with these passages to cite."""
    case = case_of(example)
    if case is None:  # a study whose name, written alone, says too little to be read
        return Question(example.procedure, spans=spans((example.topic, example.scenario)), passages=passages)
    procedure = example.procedure_id or case.procedures[0]
    return question_of(case, procedure, passages)


@cache
def _case(procedure: str, topic: str, scenario: str) -> ImagingCase | None:
    return case_of_record(PlainCase(Concept(text=procedure), (Concept(text=topic),), scenario))

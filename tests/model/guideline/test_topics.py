"""Every topic against its vectors: synthetic cases written from the clinician's side."""

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.cases import answer, read_case
from model.assess import assess
from model.guideline.library import library

VECTORS = Path(__file__).parents[2] / "vectors" / "topics"
CASES = [
    pytest.param(case, id=case["id"])
    for path in sorted(VECTORS.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]


def rated(case: dict[str, Any]) -> dict[str, Any]:
    record = {name: value for name, value in case.items() if name not in {"expected", "why"}}
    id_, imaging_case = read_case(record)
    return answer(id_, assess(imaging_case, library()))


@pytest.mark.parametrize("case", CASES)
def test_case_has_the_expected_answer(case: dict[str, Any]) -> None:
    """The topic, the variant and the rating are those that the case expects."""
    found = rated(case)
    assert {name: found[name] for name in case["expected"]} == case["expected"], case["why"]


def test_every_topic_has_vectors() -> None:
    """No topic of the library goes untested."""
    assert {path.stem for path in VECTORS.glob("*.json")} == set(library().topics)


def test_every_variant_is_met() -> None:
    """Every variant of every topic is the expected answer of at least one case."""
    met = {
        (case["expected"].get("topic"), case["expected"].get("variant"))
        for case in (each.values[0] for each in CASES)
    }
    variants = {(topic.id, variant.id) for topic in library().topics.values() for variant in topic.variants}
    assert variants - met == set()

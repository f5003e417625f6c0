"""Topic files with one thing broken: each is refused with its line and rule."""

from __future__ import annotations

import pytest

from model.guideline.check import check_topic, notes
from model.guideline.library import TOPICS, GuidelineError, library, load
from terminology.findings import vocabulary
from terminology.procedures import catalogue

GOOD = """\
id: test-topic
title: A topic
source: {guideline: A guideline, topic: A topic, year: 2020}
population: adult
indications: [headache]
variants:
  - id: first
    source_variant: "1"
    description: The first scenario
    when: {finding: fever}
    reason: A reason that is long enough to read.
    ratings:
      - rating: usually-appropriate
        reason: Another reason that is long enough.
        procedures:
          ct-head-wo: 3
"""


def problems(text: str) -> list[str]:
    return [str(each) for each in check_topic(text, "t.yaml", vocabulary(), catalogue())]


def test_good_topic_has_no_problem() -> None:
    """The topic that the others are broken from is good."""
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "rule"),
    [
        ("title: A topic\n", "", 1, "title"),
        ("population: adult", "population: old", 4, "enum"),
        ("indications: [headache]", "indications: [headhache]", 5, "finding headhache"),
        (
            "indications: [headache]",
            "indications: [headache]\nonly_if_listed: [fever]",
            6,
            "finding fever is none of the topic's",
        ),
        ("when: {finding: fever}", "when: {finding: fevre}", 10, "finding fevre"),
        ("when: {finding: fever}", "when: {findings: fever}", 10, "findings"),
        ("when: {finding: fever}", "when: {not: {finding: fevre}}", 10, "finding fevre"),
        (
            "when: {finding: fever}",
            "when: {prior_imaging: {modalities: [xray]}}",
            10,
            "modality xray",
        ),
        ("ct-head-wo: 3", "ct-head-without: 3", 16, "procedure ct-head-without"),
        ("ct-head-wo: 3", "ct-head-wo: 7", 16, "enum"),
        ("rating: usually-appropriate", "rating: appropriate", 13, "enum"),
        ("indications:", "indications: [", 6, "YAML"),
    ],
)
def test_broken_topic_is_told_with_line_and_rule(old: str, new: str, line: int, rule: str) -> None:
    """One thing broken gives a problem at its line that names the rule."""
    found = problems(GOOD.replace(old, new, 1))
    assert any(each.startswith(f"t.yaml:{line}:") and rule in each for each in found), found


def test_procedure_rated_twice_in_a_variant_is_a_problem() -> None:
    """Two ratings of one study in one scenario contradict each other."""
    twice = GOOD + "      - rating: may-be-appropriate\n        reason: A reason that is long enough.\n"
    twice += "        procedures: {ct-head-wo: 3}\n"
    assert any("rated twice" in each for each in problems(twice))


def test_variant_id_used_twice_is_a_problem() -> None:
    """Variants are told apart by their ids."""
    again = GOOD[GOOD.index("  - id: first") :]
    assert any("used twice" in each for each in problems(GOOD + again))


def test_empty_file_is_a_problem() -> None:
    """An empty topic file is not silently nothing."""
    assert problems("") == ["t.yaml:1: is empty"]


def test_library_with_a_broken_topic_is_refused(tmp_path) -> None:
    """A library is whole or not at all, and the error lists every problem."""
    good, broken = tmp_path / "good.yaml", tmp_path / "broken.yaml"
    good.write_text(GOOD)
    broken.write_text(GOOD.replace("fever", "fevre").replace("adult", "old"))
    with pytest.raises(GuidelineError, match=r"broken\.yaml:4"):
        load([good, broken])


def test_topic_file_that_cannot_be_read_is_told(tmp_path) -> None:
    """One that is not there, or not UTF-8, is an error with place and rule."""
    path = tmp_path / "a.yaml"
    with pytest.raises(GuidelineError, match=r"^a\.yaml: cannot be read: No such file"):
        load([path])
    path.write_bytes(b"id: a\ntitle: \xff\n")
    with pytest.raises(GuidelineError, match=r"^a\.yaml:2: must be UTF-8$"):
        load([path])


def test_two_files_with_one_topic_are_refused(tmp_path) -> None:
    """A topic id is taken once."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(GuidelineError, match="taken by another file"):
        load([tmp_path / "a.yaml", tmp_path / "b.yaml"])


def test_version_follows_the_content(tmp_path) -> None:
    """Equal files have the equal version; a changed rating changes it."""
    path = tmp_path / "topic.yaml"
    path.write_text(GOOD)
    first = load([path]).version
    assert load([path]).version == first
    path.write_text(GOOD.replace("usually-appropriate", "may-be-appropriate"))
    assert load([path]).version != first


def test_bundled_library_loads() -> None:
    """Every bundled file is a topic of the library, under its own name."""
    assert set(library().topics) == {path.stem for path in TOPICS.glob("*.yaml")}


def test_scenario_unlike_its_sisters_is_worth_a_look() -> None:
    """A scenario that leaves out what all others rate is noted, and is no problem by itself."""
    variant = GOOD[GOOD.index("  - id: first") :]
    sisters = [
        variant.replace("id: first", f"id: v{number}").replace("fever", finding)
        for number, finding in enumerate(("cancer", "papilledema", "pregnancy"))
    ]
    less = sisters[1].replace("ct-head-wo", "mr-head-wo")
    head = GOOD[: GOOD.index("  - id: first")]
    assert notes(head + "".join(sisters), "t.yaml") == ()
    text = head + sisters[0] + less + sisters[2]
    assert problems(text) == []
    (note,) = notes(text, "t.yaml")
    assert str(note) == "t.yaml:22: variant v1 does not rate ct-head-wo, as all others do"

"""The facts that would decide, found by looking only where a fact is mentioned, as by looking everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from model.case import Age, ImagingCase
from model.facts import Facts
from model.guideline.conditions import NO_ANSWERS, AnyOf, FindingIs
from model.guideline.library import library
from model.guideline.match import Match, deciding_facts, possible_variants

if TYPE_CHECKING:
    from model.guideline.conditions import Atom, Condition
    from model.guideline.topic import Topic, Variant

TOPICS = tuple(library().topics.values())


def findings_of(topic: Topic) -> list[str]:
    """The findings that the topic's conditions ask for or assume, some of them in many variants."""
    atoms = (atom for variant in topic.variants for atom in variant.when.mentioned())
    return sorted({atom.key for atom in atoms if isinstance(atom, FindingIs)}) or ["headache"]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Topic, ImagingCase]:
    """A topic of ours, and a case of which some facts are known, in any combination."""
    topic = draw(st.sampled_from(TOPICS))
    names = findings_of(topic)
    present = frozenset(draw(st.lists(st.sampled_from(names), max_size=2)))
    absent = frozenset(draw(st.lists(st.sampled_from(names), max_size=len(names)))) - present
    age = draw(st.none() | st.integers(0, 90).map(lambda years: Age(float(years), float(years))))
    indicated = frozenset(draw(st.lists(st.sampled_from(sorted(topic.indications)), max_size=1)))
    sex = draw(st.sampled_from([None, "female", "male"]))
    facts = Facts(present=present | indicated, absent=absent - indicated)
    return topic, ImagingCase(("ct-head-wo",), indicated=indicated, facts=facts, age=age, sex=sex)


def everywhere(found: Match, case: ImagingCase) -> tuple[Atom, ...]:
    """What `deciding_facts` is to give, by asking every variant for every fact."""
    atoms = dict.fromkeys(
        atom for variant in found.possible for atom in variant.when.atoms() if atom.known(case) is None
    )
    left = {}
    for atom in atoms:
        outcomes = [possible_variants(found.possible, case, {atom: truth}) for truth in (True, False)]
        kept = [variants for variants in outcomes if variants]
        counts = [ratings(variants) for variants in kept]
        left[atom] = (min(counts), sum(counts) / len(counts) + sum(map(len, kept)) / len(kept))
    return tuple(sorted(atoms, key=lambda atom: left[atom]))


def ratings(variants: tuple[Variant, ...]) -> int:
    """How many ratings of any study the variants leave open."""
    return len({(name, each.rating) for variant in variants for name, each in variant.ratings.items()})


def one_by_one(condition: Condition, case: ImagingCase) -> bool | None:
    """Kleene's "or" of the parts."""
    truths = [part.holds(case, NO_ANSWERS) for part in condition.parts]
    return True if True in truths else None if None in truths else False


@given(cases())
def test_deciding_facts_are_those_of_asking_everywhere(given_: tuple[Topic, ImagingCase]) -> None:
    """The same facts in the same order, whatever is known."""
    topic, case = given_
    possible = possible_variants(topic.variants, case, NO_ANSWERS)
    if possible and possible[0].when.holds(case, NO_ANSWERS) is None:
        found = Match(topic, possible, decided=False, certain=True)
        assert deciding_facts(found, case, ratings) == everywhere(found, case)


@given(cases())
def test_fact_that_is_not_mentioned_changes_no_truth(given_: tuple[Topic, ImagingCase]) -> None:
    """Which facts a variant mentions is complete: no answer to another one moves it."""
    topic, case = given_
    every = {atom for variant in topic.variants for atom in variant.mentioned}
    for variant in topic.variants:
        truth = variant.when.holds(case, NO_ANSWERS)
        for atom in every - variant.mentioned:
            assert variant.when.holds(case, {atom: True}) is truth
            assert variant.when.holds(case, {atom: False}) is truth


@given(cases())
def test_list_of_findings_holds_as_its_parts_do(given_: tuple[Topic, ImagingCase]) -> None:
    """Looked up at once or one by one, "any of these findings" has one truth."""
    topic, case = given_
    listed = AnyOf(tuple(map(FindingIs, findings_of(topic))))
    assert listed.findings
    assert listed.holds(case, NO_ANSWERS) is one_by_one(listed, case)

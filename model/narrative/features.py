"""How well a variant fits a narrative, as named numbers that `weights.json` weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model.narrative.index import Index, TopicEntry, VariantEntry
    from model.narrative.question import Question

DEFAULTS: Final = {
    "phase": "initial",
    "xr": "none",
    "us": "none",
    "trauma": "no",
    "contrast": "none",
    "stability": "stable",
    "operated": "no",
    "exposure": "none",
    "rule": "high",
    "sex_": "",
}
"""What an order that is silent on a point usually means."""

_OTHER_PURPOSES: Final = frozenset({"treatment"})


def topic_features(index: Index, topic: TopicEntry, question: Question) -> dict[str, float]:
    """What speaks for the topic as a whole."""
    rarity = index.rarity
    asked = sum(weight * rarity.get(word, 4.0) for word, weight in question.terms.items()) or 1.0
    matched = sum(
        weight * rarity[word] * topic.terms[word]
        for word, weight in question.terms.items()
        if word in topic.terms
    )
    title = sum(weight * rarity[word] for word, weight in topic.title_terms.items()) or 1.0
    titled = sum(
        weight * rarity[word] * min(1.0, question.terms.get(word, 0.0))
        for word, weight in topic.title_terms.items()
    )
    hits = sorted(
        (sum(rarity.get(word, 4.0) for word in phrase), len(phrase))
        for phrase in topic.phrases
        if phrase and phrase <= question.written
    )
    shared = sum(index.finding_rarity[each] for each in question.findings & topic.findings)
    wanted = sum(index.finding_rarity.get(each, 3.0) for each in question.findings) or 1.0
    found = {
        "topic words": matched / 10,
        "topic words, part": matched / asked,
        "title, part": titled / title,
        "title words": titled / 10,
        "phrase": hits[-1][0] / 10 if hits else 0.0,
        "phrase found": 1.0 if hits else 0.0,
        "phrases more": sum(score for score, _ in hits[:-1]) / 20,
        "topic findings": shared / 10,
        "topic findings, part": shared / wanted,
    }
    if topic.for_children and question.child is False:
        found["adult in a child's topic"] = 1.0
    if topic.for_children and question.child is None:
        found["unknown age in a child's topic"] = 1.0
    if topic.for_children and question.child:
        found["child in a child's topic"] = 1.0
    if question.child and not topic.for_children:
        found["child in a topic for all"] = 1.0
        if topic.has_child_sister:
            found["child, and a child's topic exists"] = 1.0
    return found


def variant_features(
    index: Index, topic: TopicEntry, variant: VariantEntry, question: Question
) -> dict[str, float]:
    """What speaks for and against the variant."""
    found: dict[str, float] = {}
    own = sum(topic.local[w] * weight for w, weight in variant.terms.items() if w in topic.local) or 1.0
    shared = sum(
        topic.local.get(word, 0.0) * min(weight, variant.terms[word])
        for word, weight in question.terms.items()
        if word in variant.terms
    )
    wide = sum(
        index.rarity.get(word, 0.0) * min(weight, variant.terms[word])
        for word, weight in question.terms.items()
        if word in variant.terms
    )
    found["variant words"] = shared / 5
    found["variant words, part"] = shared / own
    found["variant rare words"] = wide / 10
    found["denied words"] = sum(1.0 for word in question.denied if word in variant.denied) / 3
    found["denied against stated"] = (
        sum(topic.local.get(word, 0.0) for word in question.denied if word in variant.terms) / 3
    )
    found["stated against denied"] = (
        sum(topic.local.get(word, 1.0) for word in question.terms if word in variant.denied) / 3
    )
    found["findings"] = sum(index.finding_rarity[e] for e in question.findings & variant.findings) / 10
    found["findings lacking"] = (
        sum(index.finding_rarity[e] for e in variant.findings - question.findings) / 10
    )
    found["findings against"] = float(
        len(question.absent & variant.findings) + len(question.findings & variant.absent)
    )
    _add_claims(found, topic, variant, question)
    _add_ranges(found, variant, question)
    _add_pregnancy(found, topic, variant, question)
    return found


def _add_claims(
    found: dict[str, float], topic: TopicEntry, variant: VariantEntry, question: Question
) -> None:
    for claim, values in variant.claims.items():
        said = question.claims.get(claim)
        if said is None:
            default = DEFAULTS.get(claim)
            if default is not None and default in values:
                found[f"{claim}: usual"] = 1.0
            else:
                found[f"{claim}: unsaid"] = 1.0
        elif said & values:
            found[f"{claim}: agrees"] = len(said & values) / len(said | values)
        else:
            found[f"{claim}: against"] = 1.0
    for claim in question.claims:
        if claim not in variant.claims and claim in topic.discerning:
            found[f"{claim}: beside"] = 1.0


def _add_ranges(found: dict[str, float], variant: VariantEntry, question: Question) -> None:
    for name, range_ in variant.ranges.items():
        said = question.ranges.get(name)
        if said is None:
            found[f"{name}: unsaid"] = 1.0
        elif range_.holds(said):
            found[f"{name}: within"] = 1.0
        elif not range_.meets(said):
            found[f"{name}: outside"] = 1.0


def _add_pregnancy(
    found: dict[str, float], topic: TopicEntry, variant: VariantEntry, question: Question
) -> None:
    if variant.pregnant and question.pregnant:
        found["pregnant: agrees"] = 1.0
    elif variant.pregnant and question.pregnant is None:
        found["pregnant: unsaid"] = 1.0
    elif variant.pregnant:
        found["pregnant: against"] = 1.0
    elif question.pregnant and any(each.pregnant for each in topic.variants):
        found["pregnant: beside"] = 1.0

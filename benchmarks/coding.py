"""Measures the coding of free text: `python -m benchmarks.coding`, or `make bench-coding`.

Three things are measured: inclusion terms withheld from the index (top-1, top-5, MRR, category, how far the
confidences are to be believed), order reasons written for this project, and the time of a note beside that
of a code. `--fit` fits the numbers of the ranking first and writes them to `tables/ranking.json`. With
`--vectors`, which needs the extra `dense`, the same is measured of vectors alone and of both rankings fused,
and `--fit` fits `tables/ranking_dense.json` instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import coding_dense
from benchmarks.coding_fit import fit
from benchmarks.coding_terms import Figures, Question, count, questions, rows
from terminology.dense_ranking import fused_scoring
from terminology.icd10cm import icd10cm
from terminology.index_import import names_by_code, read_entries
from terminology.retrieval import Candidate, Retriever, retriever
from terminology.retrieval_build import build
from terminology.retrieval_confidence import scoring
from terminology.retrieval_ranking import FEATURES, Ranker
from terminology.retrieval_words import words
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from terminology.retrieval_index import TermIndex

REASONS: Final = Path("tests/vectors/order_reasons.json")
PAPER_CODES: Final = 465
"""Codes in the index of the paper: those its own data set used."""

_BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)
_CATEGORY_LENGTH: Final = 3


def main() -> None:
    """Measure, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit tables/ranking.json first")
    parser.add_argument(
        "--reasons", type=Path, default=REASONS, help="order reasons with accepted categories"
    )
    parser.add_argument("--alphabetic-index", type=Path, help="measure with this index imported, too")
    parser.add_argument("--vectors", type=Path, help="measure with these vectors of the bundled terms, too")
    arguments = parser.parse_args()
    table = rows()
    drawn = questions(table)
    reported = drawn.reported
    held = coding_dense.Dense.load(arguments.vectors) if arguments.vectors else None
    if arguments.fit and held:
        _write("ranking_dense.json", coding_dense.fit(table, drawn, held))
        fused_scoring.cache_clear()
    elif arguments.fit:
        _write("ranking.json", fit(table, drawn))
        scoring.cache_clear()
    index = build(table, withheld=[question.key for question in reported])
    _print_held_out(index, reported)
    if held:
        _print_held_out_dense(held, index, reported)
    if arguments.alphabetic_index:
        more = names_by_code(read_entries(arguments.alphabetic_index.read_bytes()))
        imported = build(table, more=more, withheld=[question.key for question in reported])
        _print_figures("all features, Index imported", _figures(Retriever(imported, scoring()), reported))
    _print_paper_sized(table, reported)
    _print_reliability("withheld terms", _judged(Retriever(index, scoring()), reported))
    vectors = json.loads(arguments.reasons.read_text(encoding="utf-8"))
    for name in vectors["sets"]:
        _print_reasons(name, vectors[name], retriever())
    reasons = [reason for name in vectors["sets"] for reason in vectors[name]]
    _print_speed(reasons)
    if held:
        _print_reliability("withheld terms, fused", _judged(held.retriever(index), reported))
        for name in vectors["sets"]:
            _print_reasons_by_vectors(name, vectors[name], held)
            _print_reasons(f"{name}, fused", vectors[name], held.retriever(held.index))
        _print_speed_dense(held, [reason["text"] for reason in reasons])


def _write(name: str, numbers: dict[str, object]) -> None:
    (TABLES / name).write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


def _print_held_out(index: TermIndex, asked: Sequence[Question]) -> None:
    candidates = sum("-" not in code for code in index.codes)
    _say(f"## {len(asked)} inclusion terms withheld, {candidates:,} candidate codes\n")
    _say("| ranking | top-1 | top-5 | MRR@10 | category@1 | category@5 |\n|---|---|---|---|---|---|")
    ranker = Ranker(index)
    for feature in ("words", "grams", "fusion"):
        _print_figures(
            f"{feature} alone", count((one.code, _by(feature, ranker, index, one)) for one in asked)
        )
    _print_figures("all features", _figures(Retriever(index, scoring()), asked))


def _print_held_out_dense(held: coding_dense.Dense, index: TermIndex, asked: Sequence[Question]) -> None:
    nearest = held.nearest(index, [question.text for question in asked])
    _print_figures("vectors alone", count(zip((question.code for question in asked), nearest, strict=True)))
    _print_figures("words and vectors fused", _figures(held.retriever(index), asked))


def _by(feature: str, ranker: Ranker, index: TermIndex, asked: Question) -> list[str]:
    """The codes a single feature puts first, for the term as it is written."""
    place = FEATURES.index(feature)
    matches = ranker.matches(tuple(dict.fromkeys(words(asked.text))))
    return [
        index.codes[match.code] for match in sorted(matches, key=lambda match: -match.features[place])[:10]
    ]


def _print_paper_sized(table: Sequence[Sequence[str]], asked: Sequence[Question]) -> None:
    """The same with as few candidate codes as the paper had: those of the first questions, no others."""
    codes = set(list(dict.fromkeys(question.code for question in asked))[:PAPER_CODES])
    kept = [row for row in table if row[0] in codes or "-" in row[0] or row[0].isdigit()]
    answerable = [question for question in asked if question.code in codes]
    index = build(kept, withheld=[question.key for question in asked])
    _print_figures(f"all features, {len(codes)} codes", _figures(Retriever(index, scoring()), answerable))


def _figures(searched: Retriever, asked: Iterable[Question]) -> Figures:
    return count(
        (question.code, [found.code.replace(".", "") for found in searched.search(question.text, limit=10)])
        for question in asked
    )


def _print_figures(name: str, figures: Figures) -> None:
    shares = (figures.top1, figures.top5, figures.mrr, figures.category1, figures.category5)
    _say(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


Judged = tuple[Candidate, bool, bool]


def _judged(searched: Retriever, asked: Iterable[Question]) -> list[Judged]:
    """First candidates, with whether the category and the code are right."""
    judged = []
    for question in asked:
        for found in searched.search(question.text, limit=1):
            bare = found.code.replace(".", "")
            same_category = bare[:_CATEGORY_LENGTH] == question.code[:_CATEGORY_LENGTH]
            judged.append((found, same_category, bare == question.code))
    return judged


def _print_reliability(name: str, judged: Sequence[Judged]) -> None:
    _say(f"\n## Reliability, {name}\n\n| confidence | category: n | said | right | code: n | said | right |")
    _say("|---|---|---|---|---|---|---|")
    for low, high in pairwise(_BINS):
        category = [(first.category_confidence, right) for first, right, _ in judged]
        code = [(first.code_confidence, right) for first, _, right in judged]
        cells = " | ".join(
            _bin([pair for pair in pairs if low <= pair[0] < high]) for pairs in (category, code)
        )
        _say(f"| {low:.1f}-{min(high, 1):.1f} | {cells} |")


def _bin(pairs: Sequence[tuple[float, bool]]) -> str:
    if not pairs:
        return "0 | - | -"
    said, right = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    return f"{len(pairs)} | {said:.2f} | {right:.2f}"


def _print_reasons(name: str, reasons: Sequence[dict[str, str]], searched: Retriever) -> None:
    _say(f"\n## Order reasons: {name}\n")
    _say("| language | n | category@1 | category@5 | confidence said | none found |")
    _say("|---|---|---|---|---|---|")
    for language in ("en", "it"):
        asked = [reason for reason in reasons if reason["language"] == language]
        found = [searched.search(reason["text"]) for reason in asked]
        ranks = [
            _right(reason, [one.code for one in answer]) for reason, answer in zip(asked, found, strict=True)
        ]
        first, five = (sum(any(rank[:size]) for rank in ranks) / len(asked) for size in (1, 5))
        said = sum(answer[0].category_confidence for answer in found if answer) / len(asked)
        _say(f"| {language} | {len(asked)} | {first:.3f} | {five:.3f} | {said:.2f} | {found.count(())} |")
        for reason, answer, rank in zip(asked, found, ranks, strict=True):
            if not any(rank[:1]):
                _say(f"| missed: {reason['text']} | | {', '.join(c.code for c in answer[:3])} | | | |")


def _print_reasons_by_vectors(name: str, reasons: Sequence[dict[str, str]], held: coding_dense.Dense) -> None:
    _say(f"\n## Order reasons: {name}, vectors alone\n\n| language | n | category@1 | category@5 |")
    _say("|---|---|---|---|")
    for language in ("en", "it"):
        asked = [reason for reason in reasons if reason["language"] == language]
        nearest = held.nearest(held.index, [reason["text"] for reason in asked])
        ranks = [_right(reason, codes) for reason, codes in zip(asked, nearest, strict=True)]
        first, five = (sum(any(rank[:size]) for rank in ranks) / len(asked) for size in (1, 5))
        _say(f"| {language} | {len(asked)} | {first:.3f} | {five:.3f} |")


def _right(reason: dict[str, str], codes: Sequence[str]) -> list[bool]:
    return [code[:_CATEGORY_LENGTH] in reason["accept"] for code in codes]


def _print_speed(reasons: Sequence[dict[str, str]]) -> None:
    texts = [reason["text"] for reason in reasons]
    codes = [found.code for text in texts for found in retriever().search(text, limit=1)]
    note, code = _milliseconds(retriever().search, texts), _milliseconds(icd10cm().get, codes)
    _say(f"\n## Speed\n\nA note {note:.2f} ms, a code {code:.3f} ms: one note for {note / code:.0f} codes.")


def _print_speed_dense(held: coding_dense.Dense, texts: Sequence[str]) -> None:
    fused = held.retriever(held.index).search
    note, lexical = _milliseconds(fused, texts), _milliseconds(retriever().search, texts)
    encoding = _milliseconds(lambda text: held.encoder.encode([text]), texts)
    terms = len(held.index.term_code)
    vectors, one = held.vectors, held.encoder.encode(["pain"])[0]
    search = _milliseconds(lambda _: vectors.cosines(one), texts)
    _say(
        f"\nWith vectors, a note takes {note / lexical:.0f} times as long as without: encoding a clause "
        f"{encoding:.0f} ms, comparing it with {terms:,} terms {search:.0f} ms."
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _milliseconds(ask: Callable[[str], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    for text in texts:
        ask(text)
    return (time.process_time() - start) / len(texts) * 1000


if __name__ == "__main__":
    main()

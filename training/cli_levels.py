"""`apposite train evidence-level`: a site's own scorer of evidence levels, out of papers with its labels."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from training.cli_examples import FILE
from training.evidence_labels import Labels, LabelsError, read_labels
from training.stages import stage

if TYPE_CHECKING:
    from training.agreement import Agreement
    from training.evidence_labels import LookUp

SETTING: Final = "APPOSITE_EVIDENCE_LEVELS"
_LEAST_P: Final = 0.001


@click.command("evidence-level")
@click.option(
    "--labels",
    type=FILE,
    required=True,
    help="CSV or JSON lines: level (1 to 4), and pmid or title, abstract, year, publication_types and mesh.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where the numbers go, as JSON.",
)
@click.option("--seed", default=0, show_default=True, help="How the papers are dealt into folds.")
@click.option("--json", "as_json", is_flag=True, help="Print how it went as JSON.")
@click.pass_obj
def evidence_level(look_up: LookUp | None, *, labels: Path, output: Path, seed: int, as_json: bool) -> None:
    """Train a scorer of evidence levels on papers that people have given levels.

    A row with a PMID alone is looked up in the evidence store, and in the index where one is set.
    """
    fitting = stage("training.evidence_level")
    try:
        read = read_labels(labels, look_up or (lambda _: {}))
        training = fitting.train(read.papers, this_year=date.today().year, seed=seed)  # noqa: DTZ011 - a year
    except (LabelsError, fitting.TooFewLabelsError) as error:
        left_out = _left_out(read) if isinstance(error, fitting.TooFewLabelsError) else []
        raise click.ClickException("; ".join((str(error), *left_out))) from error
    try:
        digest = fitting.write(training, output)
    except OSError as error:
        raise click.ClickException("--output cannot be written") from error
    done = {
        "papers": len(read.papers),
        "of_level": training.counts,
        "not_found": read.not_found,
        "retracted": read.retracted,
        "repeated": read.repeated,
        "trained": asdict(training.trained),
        "rules": asdict(training.rules),
        "only_trained_right": training.only_trained,
        "only_rules_right": training.only_rules,
        "chance": training.chance,
        "gained": training.gained,
        "digest": digest,
    }
    click.echo(json.dumps(done) if as_json else "\n".join(_told(read, training, output, digest)))


def _told(read: Labels, training: Any, output: Path, digest: str) -> list[str]:
    counts = ", ".join(f"{count} of level {level}" for level, count in training.counts.items())
    verdict = (
        f"Set {SETTING}={output.resolve()} to use it."
        if training.gained
        else "The rules agree with these labels as well or better: there is no reason to use it."
    )
    return [
        f"{len(read.papers)} papers ({counts})",
        *_left_out(read),
        "Agreement with the labels, each paper judged by numbers that were fitted without it:",
        _row("", ("exact", "within one", "weighted kappa")),
        _row("trained", _figures(training.trained)),
        _row("rules", _figures(training.rules)),
        (
            f"Right where the other is wrong: trained {training.only_trained}, rules {training.only_rules} "
            f"(p {max(training.chance, _LEAST_P):.3f}{' or less' if training.chance < _LEAST_P else ''})"
        ),
        f"Numbers written to {output} (digest {digest}). {verdict}",
    ]


def _left_out(read: Labels) -> list[str]:
    told = (
        (read.not_found, "left out, because neither the evidence store nor a set index knows the PMID"),
        (read.retracted, "left out as retracted"),
        (read.repeated, "left out as the same paper again"),
    )
    return [f"{count} {why}" for count, why in told if count]


def _figures(found: Agreement) -> tuple[str, str, str]:
    return f"{found.exact:.1%}", f"{found.within_one:.1%}", f"{found.kappa:.3f}"


def _row(name: str, cells: tuple[str, str, str]) -> str:
    return f"{name:8}" + "".join(f"{cell:>16}" for cell in cells)

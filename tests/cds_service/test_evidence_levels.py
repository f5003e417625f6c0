"""A site trains its own levels of evidence: from labels to the setting, the list of papers and the card."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("numpy")

from click.testing import CliRunner

from cds_service.cli import main
from cds_service.consults import open_engine
from cds_service.evidence_ranking import open_evidence
from cds_service.literature import Literature
from cds_service.schema import migrate
from cds_service.settings import SettingsError, read_settings
from model.evidence.paper import EvidenceQuestion, Paper, Section
from model.evidence.search import Query, QueryKind, SearchResult
from model.evidence.trained_levels import TRAINED
from model.evidence.weigh import weighed
from tests.fake_literature import Invented, literature
from tests.fakes import LOW_BACK_PAIN, SELECT, call, make_client, make_services, order
from tests.training.labelled import labelled, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

STUDY = "cta-head-w"
QUESTION = EvidenceQuestion("toothache", STUDY)
REVIEW = Paper(
    "33300001",
    None,
    "CT angiography in toothache: a pictorial essay",
    (Section(None, "This article reviews what angiography shows."),),
    year=2021,
    publication_types=("Journal Article", "Review"),
)
"""A paper that the rules put at level 1, and the invented site at level 2."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of a scorer that was trained by the command, with a fresh database set."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setenv("COLUMNS", "200")
    labels = write_csv(tmp_path / "labels.csv", labelled())
    trained = run(
        "train", "evidence-level", "--labels", str(labels), "--output", str(tmp_path / "levels.json")
    )
    assert trained.exit_code == 0, trained.output
    return str(tmp_path / "levels.json")


def stored(papers: list[Paper], question: EvidenceQuestion = QUESTION) -> None:
    """The papers, and a search that found them, weighed as the settings say."""
    settings = read_settings()
    engine = open_engine(settings.database_url)
    migrate(engine)
    store = open_evidence(settings, engine)
    store.write_papers(papers)
    ids = tuple(each.pmid for each in papers if each.pmid)
    query = Query(QueryKind.CONDITION, '"toothache"[Title/Abstract]')
    store.write_searches(question, [SearchResult(query, "PubMed", None, 1, ids, date(2026, 11, 1))])
    engine.dispose()


def test_the_training_says_how_well_it_agrees(tmp_path: Path) -> None:
    """Both agreements on the same papers, in words and as JSON, and the setting that uses the file."""
    labels = write_csv(tmp_path / "labels.csv", labelled())
    arguments = ("train", "evidence-level", "--labels", str(labels), "--output", str(tmp_path / "out.json"))
    told = run(*arguments).output
    assert "150 papers (" in told
    assert f"APPOSITE_EVIDENCE_LEVELS={tmp_path / 'out.json'}" in told
    done = json.loads(run(*arguments, "--json").stdout)
    assert done["trained"]["exact"] > done["rules"]["exact"]
    assert f"{done['trained']['exact']:.1%}" in told
    assert f"{done['rules']['kappa']:.3f}" in told


def test_a_gain_that_is_none_is_told(tmp_path: Path) -> None:
    """Labels that the rules meet as well give no reason to use the file."""
    ruled = tuple(replace(each, level=weighed(each.paper, this_year=2026).level) for each in labelled())
    labels = write_csv(tmp_path / "labels.csv", ruled)
    told = run("train", "evidence-level", "--labels", str(labels), "--output", str(tmp_path / "out.json"))
    assert "no reason to use it" in told.output


def test_too_few_labels_write_nothing(tmp_path: Path) -> None:
    """The minimum is said, and what was left out."""
    labels = write_csv(tmp_path / "labels.csv", labelled()[:50])
    refused = run("train", "evidence-level", "--labels", str(labels), "--output", str(tmp_path / "out.json"))
    assert refused.exit_code == 1
    assert "at least 100 papers, and 10 of each level" in refused.output
    assert not (tmp_path / "out.json").exists()


def test_pmids_are_looked_up_in_the_store_and_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store lacks is fetched where an index is set, and kept; what nobody has is counted."""
    monkeypatch.setenv("APPOSITE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    stored([REVIEW])
    labels = tmp_path / "labels.csv"
    labels.write_text("pmid,level\n33300001,3\n101,2\n999,1\n", encoding="utf-8")
    arguments = ("train", "evidence-level", "--labels", str(labels), "--output", str(tmp_path / "out.json"))
    offline = run(*arguments).output
    assert "there are 1 " in offline
    assert "2 left out, because neither the evidence store nor a set index knows the PMID" in offline
    with literature([Invented("101")]) as server:
        for name, value in {
            "LITERATURE": "pubmed",
            "LITERATURE_EMAIL": "someone@example.org",
            "PUBMED_URL": server.pubmed_url,
        }.items():
            monkeypatch.setenv(f"APPOSITE_{name}", value)
        assert "there are 2 " in run(*arguments).output
        assert "there are 2 " in run(*arguments).output
        assert [each.fields["id"] for each in server.asked_of("efetch")] == ["101,999", "999"]


def test_what_is_shown_is_weighed_by_the_site_s_labels(levels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The level, its reasons and whose it is; without the setting the rules' level is back."""
    stored(
        [REVIEW, replace(REVIEW, pmid="2", title="CT angiography in toothache, withdrawn", retracted=True)]
    )
    show = ("evidence", "show", "--condition", "toothache", "--procedure", STUDY)
    ruled = json.loads(run(*show, "--json").stdout)
    monkeypatch.setenv("APPOSITE_EVIDENCE_LEVELS", levels)
    trained = json.loads(run(*show, "--json").stdout)
    assert [(each["level"], each["trained"]) for each in ruled["evidence"]] == [(1, False)]
    assert [(each["level"], each["trained"]) for each in trained["evidence"]] == [(2, True)]
    assert trained["retracted"] == 1
    because = trained["evidence"][0]["because"]
    assert because[0] == "narrative review (publication type)"
    assert because[-1] == f"{TRAINED}; by the rules it would be 1"
    printed = run(*show).output
    assert "estimated by a scorer trained on this site's labels" in printed
    why = " ".join(line.split("│")[6].strip() for line in printed.splitlines() if line.count("│") == 7)
    assert TRAINED in why


def test_an_answer_that_the_rules_weighed_is_weighed_anew(
    levels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a hook recalls was kept before the setting changed, and says what the setting says now."""
    other = replace(
        REVIEW, pmid="2", title="CT angiography in toothache: a cohort", publication_types=(), abstract=()
    )
    stored([REVIEW, other])

    def recalled():
        settings = read_settings()
        engine = open_engine(settings.database_url)
        found = open_evidence(settings, engine).recall(QUESTION)
        engine.dispose()
        assert found is not None
        return [(each.paper.pmid, int(each.level), each.level_by is not None) for each in found.evidence]

    assert recalled() == [("2", 2, False), ("33300001", 1, False)]
    monkeypatch.setenv("APPOSITE_EVIDENCE_LEVELS", levels)
    assert ("33300001", 2, True) in recalled()
    stored([REVIEW, other])
    assert ("33300001", 2, True) in recalled()
    monkeypatch.delenv("APPOSITE_EVIDENCE_LEVELS")
    assert recalled() == [("2", 2, False), ("33300001", 1, False)]


def test_a_card_says_whose_levels_they_are(
    levels: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words, and for machines."""
    monkeypatch.setenv("APPOSITE_EVIDENCE_LEVELS", levels)
    stored([replace(REVIEW, title="CT of the lumbar spine in low back pain")])
    made = make_services(tmp_path, evidence_levels=levels)
    engine = made.consults._engine  # noqa: SLF001 - the database of the services
    services = replace(made, literature=Literature(open_evidence(made.settings, engine)))
    body = call(order("72133", LOW_BACK_PAIN), hook="order-select")
    (card,) = make_client(services).post(SELECT, json=body).json["cards"]
    assert "estimated by a scorer trained on this site's labels" in card["detail"]
    assert card["extension"]["apposite.literature"]["levels"] == "trained"
    made.consults.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "the file cannot be read"),
        (lambda path: path.write_text("{}", encoding="utf-8"), "no trained scorer of evidence levels"),
        (
            lambda path: path.write_text(
                path.read_text(encoding="utf-8").replace("0.", "1."), encoding="utf-8"
            ),
            "changed after it was written",
        ),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(
    levels: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change, said: str
) -> None:
    """The service, the worker and the commands name the variable and the rule, not the path."""
    change(tmp_path / "levels.json")
    monkeypatch.setenv("APPOSITE_EVIDENCE_LEVELS", levels)
    with pytest.raises(SettingsError, match=f"APPOSITE_EVIDENCE_LEVELS.*{said}") as raised:
        read_settings()
    assert str(tmp_path) not in str(raised.value)
    for command in (("serve",), ("worker",), ("evidence", "show", "--condition", "x", "--procedure", STUDY)):
        refused = run(*command)
        assert refused.exit_code == 1
        assert said in refused.output

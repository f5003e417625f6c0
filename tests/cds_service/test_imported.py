"""An installation that has imported a guideline is served by it where our library is silent."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cases import read_case
from cds_service.cli import main
from cds_service.imported import imported_guidelines
from cds_service.services import open_services
from cds_service.settings import Settings
from model.assessment import Outcome
from model.guideline.imported_table import read_table
from model.guideline.library import library
from model.guideline.releases import ReleaseError, Releases
from tests.licensed import FACTS, table, written

TODAY = date(2026, 1, 1)
NAIL = "Zorblatt ingrown nail of the great toe"
ROWS = [
    [
        NAIL,
        "1",
        f"Adult. {NAIL}. Initial imaging.",
        "Radiography foot",
        "Usually appropriate",
        "",
        "☢",
        "adult",
        "2024",
    ],
    [
        NAIL,
        "1",
        f"Adult. {NAIL}. Initial imaging.",
        "MRI foot without IV contrast",
        "Usually not appropriate",
        "",
        "O",
        "adult",
        "2024",
    ],
    [
        "Odd ear",
        "1",
        "Adult. Odd ear. Initial imaging.",
        "CT head without IV contrast",
        "May be appropriate",
        "",
        "☢☢☢",
        "adult",
        "2024",
    ],
]
ORDER = {
    "id": "x",
    "age": 50,
    "sex": "male",
    "indications": ["ingrown nail of the great toe"],
    "procedure": "radiograph of the foot",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    releases = Releases(tmp_path / "held")
    releases.keep(read_table(written(tmp_path, table(ROWS))), TODAY, source="Zorblatt", release="2024.1")
    return Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", guidelines=str(releases.folder))


def test_service_rates_by_the_imported_guideline(settings: Settings) -> None:
    """What only the imported guideline knows is rated by it, and it is cited with year and release."""
    services = open_services(settings)
    said = services.assess(read_case(ORDER)[1], licensed=services.imported.now().guidelines)
    services.consults.close()
    assert (said.outcome, said.rating) == (Outcome.RATED, "usually-appropriate")
    assert [(each.text, each.year) for each in said.citations] == [
        (f"Zorblatt: {NAIL}, release 2024.1", 2024)
    ]


def test_service_without_imports_is_silent(tmp_path: Path) -> None:
    """A site that has imported nothing has our library alone."""
    assert imported_guidelines(Releases(tmp_path / "none"), library(), TODAY) == ()


def test_release_that_is_not_in_effect_yet_is_not_served(settings: Settings) -> None:
    """Before its day a release is held, and asked nothing."""
    releases = Releases(Path(settings.guidelines))
    assert imported_guidelines(releases, library(), date(2025, 12, 31)) == ()
    assert len(imported_guidelines(releases, library(), TODAY)) == 1


def test_damaged_release_is_refused_at_start(settings: Settings, tmp_path: Path) -> None:
    """A service does not start on a release in which something was changed."""
    (path,) = (tmp_path / "held").iterdir()
    path.write_text(path.read_text(encoding="utf-8").replace("Odd ear", "Odd eye"), encoding="utf-8")
    with pytest.raises(ReleaseError, match="is damaged"):
        open_services(settings)


def test_rate_command_asks_the_imported_guideline(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line rates as the service does."""
    monkeypatch.setenv("APPOSITE_GUIDELINES", settings.guidelines)
    arguments = [
        "rate",
        "--procedure",
        "radiograph of the foot",
        "--indication",
        "ingrown nail of the great toe",
        "--age",
        "50",
        "--json",
    ]
    result = CliRunner().invoke(main, arguments)
    said = json.loads(result.output)
    assert (said["rating"], said["source"]) == ("usually-appropriate", "guideline")
    assert said["citations"] == [f"Zorblatt: {NAIL}, release 2024.1 (2024)"]


@pytest.mark.skipif(not FACTS.exists(), reason="the file of published ratings is not present")
def test_published_table_rates_what_ours_does_not(tmp_path: Path) -> None:
    """With the whole table imported, a case of a topic that is not ours is rated as published."""
    topics = read_table(FACTS)
    Releases(tmp_path).keep(topics, TODAY)
    (served,) = imported_guidelines(Releases(tmp_path), library(), TODAY)
    assert len(served.library.topics) == len(topics)
    found = served.matcher.recommend(
        "known abdominal aortic aneurysm without repair, follow-up", 70, "male", ()
    )
    assert found.candidates[0].topic.title.startswith("Abdominal Aortic Aneurysm")

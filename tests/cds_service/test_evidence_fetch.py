"""Where the rate of the indexes is kept, and which queries they are asked."""

import json
import tempfile

from sqlalchemy import create_engine

from cds_service.evidence_fetch import open_fetcher, shared_folder
from cds_service.evidence_store import EvidenceStore
from cds_service.settings import Settings
from model.evidence.paper import EvidenceQuestion
from model.evidence.query import queries
from model.evidence.rank import about
from model.evidence.search import QueryKind
from model.reasoning.language_model import Completion


def test_a_link_in_the_place_of_the_folder_is_not_used(tmp_path, monkeypatch):
    """The folder is the same each time, unless somebody put something else in its place."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = shared_folder()
    assert folder == shared_folder()
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    assert shared_folder() not in {folder, elsewhere}


WRITTEN = '"lumbago"[Title/Abstract] AND "MRI"[Title/Abstract]'
QUESTION = EvidenceQuestion("low back pain", "mr-lumbar-spine-wo", ("lumbago",))


class Writer:
    """A model that writes one query."""

    id = "writer"

    def complete(self, _prompt, **_):
        """What it writes."""
        return Completion(json.dumps({"query": WRITTEN}), self.id)


def asked(*, rewriting):
    """The queries of an installation with a language model that writes."""
    settings = Settings(literature="europe-pmc", literature_rewriting=rewriting)
    fetcher = open_fetcher(settings, EvidenceStore(create_engine("sqlite://"), about), Writer())
    assert fetcher is not None
    return fetcher.asked(QUESTION)


def test_a_model_writes_one_query_only_where_the_settings_let_it():
    """Its query stands in the place of the rules' PICO query, and the others are the rules'."""
    assert asked(rewriting=False) == queries(QUESTION)
    written = asked(rewriting=True)
    assert written[-1].text.startswith(f"({WRITTEN})")
    assert set(written[:-1]) == {each for each in queries(QUESTION) if each.kind is not QueryKind.PICO}

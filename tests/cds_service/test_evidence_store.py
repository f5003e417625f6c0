"""The evidence store on SQLite and on a real PostgreSQL: nothing lost, nothing twice, nothing retracted shown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select

from cds_service.consults import metadata, open_engine
from cds_service.errors import StoreUnavailableError
from cds_service.evidence_store import MOST_CANDIDATES, EvidenceStore
from cds_service.evidence_tables import literature_search, paper
from cds_service.schema import MIGRATIONS, migrate
from model.evidence.paper import EvidenceQuestion, Paper, Section
from model.evidence.rank import about
from model.evidence.search import Query, QueryKind, SearchResult
from terminology.findings import vocabulary
from tests.cds_service.databases import paper_count
from tests.fakes import rank

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

QUESTION = EvidenceQuestion("low back pain", "mr-lumbar-spine-wo", ("lumbago",), ("back pain",))
PAPER = Paper(
    "1",
    "10.1000/ABC",
    "Magnetic resonance imaging in low back pain",
    (Section("RESULTS", "Images seldom changed what was done."),),
    "Journal of Inventions",
    2020,
    ("Rossi", "Müller"),
    ("Journal Article",),
    ("Low Back Pain",),
    "eng",
)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
WRITER = """
import sys
from cds_service.consults import open_engine
from cds_service.evidence_store import EvidenceStore
from model.evidence.paper import Paper
from tests.fakes import rank
store = EvidenceStore(open_engine(sys.argv[1]), rank)
for each in range(20):
    store.write_papers([Paper(str(number), f"10.1/{number}", f"by {sys.argv[2]}") for number in range(1, 11)])
"""


@pytest.fixture
def url(each_database: str) -> str:
    """A fresh database of each kind."""
    return each_database


@pytest.fixture
def store(engine: Engine) -> EvidenceStore:
    """An empty store."""
    return EvidenceStore(engine, rank)


def search(*ids: str, on: date = date(2026, 11, 1), text: str = '"low back pain"[tiab]') -> SearchResult:
    return SearchResult(Query(QueryKind.CONDITION, text), "PubMed", "as read", 7, ids, on, ("a note",))


def papers(engine: Engine) -> list[tuple[str | None, str | None, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(paper).order_by(paper.c.id)).all()
    return [(row.pmid, row.doi, row.title) for row in rows]


def found(store: EvidenceStore, question: EvidenceQuestion = QUESTION) -> list[str | None]:
    return [each.paper.pmid for each in store.about(question, limit=100).evidence]


def test_the_schema_is_the_code_s(engine: Engine) -> None:
    """Every table has the columns that the code uses."""
    seen = inspect(engine)
    for table in metadata.tables.values():
        columns = {column["name"] for column in seen.get_columns(table.name)}
        assert set(table.columns.keys()) == columns - {"words_vector"}


def test_an_older_database_is_brought_up_to_date_and_back(url: str) -> None:
    """The store is added to a database of the version before, and can be taken out of it."""
    older = open_engine(url)
    for step, revision in ((command.upgrade, "0002"), (command.upgrade, "head"), (command.downgrade, "0002")):
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with older.begin() as connection:
            config.attributes["connection"] = connection
            step(config, revision)
    migrate(older)
    assert paper_count(older) == 0
    older.dispose()


def test_a_paper_comes_back_as_it_went_in(store: EvidenceStore) -> None:
    """Nothing of a paper is lost; its DOI is in lower case."""
    store.write_papers([PAPER])
    (evidence,) = store.about(QUESTION).evidence
    assert evidence.paper == replace(PAPER, doi="10.1000/abc")


def test_a_paper_is_kept_once(store: EvidenceStore, engine: Engine) -> None:
    """Known by its PMID or by its DOI, whatever came first; the newest words stand."""
    store.write_papers([replace(PAPER, pmid=None, title="By DOI alone")])
    store.write_papers([replace(PAPER, doi=None, title="By PMID alone")])
    assert len(papers(engine)) == 2
    store.write_papers([PAPER, replace(PAPER, pmid=None)])
    assert papers(engine) == [("1", "10.1000/abc", PAPER.title)]
    assert found(store) == ["1"]


def test_two_pmids_are_two_papers(store: EvidenceStore, engine: Engine) -> None:
    """A DOI that two records claim stays with the first."""
    store.write_papers([PAPER, replace(PAPER, pmid="2", title="Another")])
    assert papers(engine) == [("1", "10.1000/abc", PAPER.title), ("2", None, "Another")]


def test_a_poorer_record_takes_nothing_away(store: EvidenceStore) -> None:
    """An index without the abstract does not remove it."""
    store.write_papers([PAPER])
    store.write_papers([Paper("1", None, "MRI in low back pain, a newer title")])
    (evidence,) = store.about(QUESTION).evidence
    assert (evidence.paper.title, evidence.paper.abstract) == (
        "MRI in low back pain, a newer title",
        PAPER.abstract,
    )


def test_a_paper_that_is_retracted_later_is_shown_no_more(store: EvidenceStore) -> None:
    """It is counted instead, and no later record brings it back."""
    store.write_papers([PAPER])
    store.write_papers([replace(PAPER, retracted=True)])
    store.write_papers([PAPER])
    assert store.about(QUESTION).evidence == ()
    assert store.about(QUESTION).retracted == 1


def test_a_record_that_says_retracted_counts_whatever_it_names(engine: Engine) -> None:
    """Of two records of a paper the bare one tells that it was retracted: the other is not shown."""
    store = EvidenceStore(engine, about)
    gone = replace(PAPER, doi=None, title="Low back pain care", abstract=(), mesh=(), retracted=True)
    gone = replace(gone, publication_types=("Retracted Publication",))
    told = (Section(None, "MRI of the lumbar spine."),)
    store.write_papers([replace(PAPER, pmid=None, doi="10.9/pre", title=gone.title, abstract=told)])
    assert [each.paper.doi for each in store.about(QUESTION).evidence] == ["10.9/pre"]
    store.write_papers([gone])
    assert store.about(QUESTION).evidence == ()
    assert store.about(QUESTION).retracted == 1


def test_what_was_never_searched_says_so(store: EvidenceStore) -> None:
    """An empty store knows no day, and a search gives one, with what was asked word for word."""
    assert store.about(QUESTION).searched_on is None
    assert store.version() == 0
    store.write_searches(QUESTION, [search("1"), search("2", text='"lumbago"')])
    assert store.about(QUESTION).searched_on == date(2026, 11, 1)
    assert store.searches(QUESTION) == (search("1"), search("2", text='"lumbago"'))
    assert store.about(replace(QUESTION, procedure="xr-lumbar-spine")).searched_on is None


def test_what_a_search_found_is_its_answer_from_then_on(store: EvidenceStore) -> None:
    """It is recalled without looking, with the papers as they are now; what is new waits for the next search."""
    assert store.recall(QUESTION) is None
    store.write_papers([PAPER, replace(PAPER, pmid="2", doi=None)])
    store.write_searches(QUESTION, [search("1", "2")])
    assert store.recall(QUESTION) == store.about(QUESTION)
    store.write_papers([replace(PAPER, title="Low back pain, corrected"), replace(PAPER, pmid="3", doi=None)])
    recalled = store.recall(QUESTION)
    assert [each.paper.title for each in recalled.evidence] == ["Low back pain, corrected", PAPER.title]
    assert store.recall(QUESTION, limit=1).evidence == recalled.evidence[:1]


def test_a_paper_retracted_since_leaves_the_answer(store: EvidenceStore) -> None:
    """At once, and it is counted."""
    store.write_papers([PAPER, replace(PAPER, pmid="2", doi=None)])
    store.write_searches(QUESTION, [search("1", "2")])
    store.write_papers([replace(PAPER, retracted=True)])
    recalled = store.recall(QUESTION)
    assert [each.paper.pmid for each in recalled.evidence] == ["2"]
    assert recalled.retracted == 1


def test_a_search_that_is_repeated_stands_once(store: EvidenceStore, engine: Engine) -> None:
    """On one day the last counts; another day's is added, and the newest are the question's."""
    for day in (1, 1, 2):
        store.write_searches(QUESTION, [search("1", on=date(2026, 11, day))])
    with engine.connect() as connection:
        assert len(connection.execute(select(literature_search)).all()) == 2
    assert [each.searched_on.day for each in store.searches(QUESTION)] == [2]


def test_papers_are_found_by_stems_of_the_names(store: EvidenceStore) -> None:
    """All words of one name must be there, in any form; synonyms and broader conditions count too."""
    titles = ("Pains of low backs", "Lumbago", "The aching back: back pains", "Chest pain", "A low back")
    store.write_papers([Paper(str(place), None, f"{title} on MRI") for place, title in enumerate(titles)])
    assert set(found(store)) == {"0", "1", "2"}
    assert set(found(store, replace(QUESTION, condition="low backs"))) == {"0", "1", "2", "4"}


def test_papers_that_the_search_named_are_found_without_the_words(store: EvidenceStore) -> None:
    """An index knows more than the words of an abstract."""
    store.write_papers([Paper("7", None, "Dorsalgia"), Paper(None, "10.1/X", "Ischias")])
    store.write_searches(QUESTION, [search("7", "10.1/x")])
    assert [each.paper.title for each in store.about(QUESTION).evidence] == ["Dorsalgia", "Ischias"]


@pytest.mark.parametrize(
    "condition",
    ['" OR title:*', "low NEAR back", "'; DROP TABLE paper; --", "back* -pain", "(low", "!!", ":", "a & | b"],
)
def test_no_name_is_read_as_an_operator(store: EvidenceStore, engine: Engine, condition: str) -> None:
    """Marks of the search's own language do nothing."""
    store.write_papers([Paper("1", None, "Magnetic resonance imaging")])
    assert found(store, EvidenceQuestion(condition, "mr-lumbar-spine-wo")) == []
    assert paper_count(engine) == 1


def test_papers_that_name_no_such_examination_are_not_offered(store: EvidenceStore) -> None:
    """The place of a candidate is kept for what may bear on the study: by its words, its kin or its heading."""
    titles = (
        "and work",
        "and MRI",
        "and MR angiography",
        "and magnetic-resonance images",
        "and CT",
        "and sleep",
    )
    store.write_papers(
        [Paper(str(place), None, f"Low back pain {title}") for place, title in enumerate(titles)]
        + [Paper("9", None, "Low back pain at work", mesh=("Magnetic Resonance Imaging",))]
    )
    assert set(found(store)) == {"1", "2", "3", "9"}


def test_strong_designs_take_the_places_first(store: EvidenceStore) -> None:
    """Of more papers than are weighed the trials and reviews are among those that are."""
    case = Section(
        None, "MRI in low back pain: we report a man with low back pain who had MRI of the low back."
    )
    cases = [Paper(str(number), None, "MRI in low back pain", (case,)) for number in range(1, 101)]
    told = ("Adults were randomised to MRI.", "We pooled studies in a meta-analysis.", "A prospective study.")
    strong = [
        Paper(str(number), None, "MRI in low back pain", (Section(None, text),))
        for number, text in enumerate(told, 901)
    ]
    store.write_papers([*cases, *strong])
    assert len(found(store)) == MOST_CANDIDATES
    assert {"901", "902", "903"} <= set(found(store)[:3])


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        ("mesenteric ischemia", "mesenteric ischaemia"),
        ("mesenteric ischaemia", "mesenteric ischemia"),
        ("pulmonary edema", "pulmonary oedema"),
        ("esophageal tumor", "oesophageal tumours"),
        ("pediatric hematuria", "paediatric haematuria"),
        ("chronic diarrhea", "chronic diarrhoea"),
        ("necrotizing pancreatitis", "necrotising pancreatitis"),
        ("small bowel obstruction", "small-bowel obstruction"),
    ],
)
def test_papers_are_found_in_either_spelling(store: EvidenceStore, condition: str, written: str) -> None:
    """British papers answer American questions, and the other way round."""
    store.write_papers([Paper("1", None, f"MRI of {written}"), Paper("2", None, "MRI of hepatic steatosis")])
    assert found(store, EvidenceQuestion(condition, "mr-abdomen-wwo")) == ["1"]


def test_all_that_is_compared_is_looked_for(engine: Engine) -> None:
    """Every phrase and heading that makes a paper bear on a question makes it a candidate too."""
    store = EvidenceStore(engine, about)
    question = EvidenceQuestion(vocabulary()["urolithiasis"].name, "ct-abdomen-pelvis-wo")
    phrases = vocabulary()["urolithiasis"].phrases
    assert len(phrases) > 6
    written = [Paper(str(at), None, f"CT of {phrase}") for at, phrase in enumerate(phrases, 1)]
    store.write_papers([*written, Paper("999", None, "CT at night", mesh=("Urolithiasis",))])
    asked = about(written, question)
    assert len(asked.evidence) > len(phrases) // 2
    assert {each.paper.pmid for each in asked.evidence} | {"999"} == set(found(store, question))


def test_only_recent_papers_count_as_known(store: EvidenceStore) -> None:
    """Older ones are fetched again, so that a retraction is seen."""
    store.write_papers([PAPER])
    assert store.known(["1", "2", "10.1000/abc"], since=LONG_AGO) == {"1", "10.1000/abc"}
    assert store.known(["1"], since=datetime.now(UTC) + timedelta(days=1)) == frozenset()


def test_a_batch_is_written_wholly_or_not_at_all(store: EvidenceStore, engine: Engine) -> None:
    """What ends midway leaves nothing behind, and the version stays."""

    def ending() -> Iterator[Paper]:
        yield PAPER
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write_papers(ending())
    assert papers(engine) == []
    assert store.version() == 0


def test_what_no_database_takes_is_left_out_of_a_text(store: EvidenceStore) -> None:
    """A null character or half a surrogate pair in a reply does not lose the paper."""
    store.write_papers([Paper("1", None, "MRI of low back\0 pain \ud800", (Section(None, "a\0b"),))])
    assert found(store) == ["1"]


def test_two_processes_write_the_same_papers(url: str, engine: Engine) -> None:
    """Both end well, and each paper is there once."""
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [each.wait(timeout=60) for each in writers] == [0, 0]
    assert [pmid for pmid, _, _ in papers(engine)] == [str(number) for number in range(1, 11)]


def test_a_store_that_is_gone_has_a_name(tmp_path: Path) -> None:
    """Every failure of the database is one error."""
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreUnavailableError):
        EvidenceStore(engine, rank).about(QUESTION)
    engine.dispose()

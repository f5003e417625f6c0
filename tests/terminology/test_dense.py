from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminology import dense, dense_encoder, dense_ranking
from terminology.dense import DenseMissingError, VectorFileError, Vectors
from terminology.note import code_note
from terminology.retrieval import retriever
from terminology.retrieval_build import build
from terminology.retrieval_confidence import EVIDENCE, evidence
from terminology.retrieval_ranking import FEATURES
from terminology.retrieval_words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminology.retrieval import Retriever

numpy: Any = pytest.importorskip("numpy", reason="numpy, of the extra `dense`, is not installed")

ROWS = [
    ("I10-I1A", "9", "0", "Hypertensive diseases", "", ""),
    ("I10", "I10-I1A", "1", "Essential (primary) hypertension", "High blood pressure", ""),
    ("I15", "I10-I1A", "1", "Secondary hypertension", "", ""),
    ("R50-R69", "18", "0", "General symptoms and signs", "", ""),
    ("R51", "R50-R69", "0", "Headache", "Cephalgia", ""),
    ("R51.9", "R51", "1", "Headache, unspecified", "Facial pain NOS", ""),
    ("R63", "R50-R69", "1", "Symptoms concerning food intake", "", ""),
]
ALIKE = {"hypertension": 0, "blood": 0, "headache": 1, "cephalgia": 1, "skull": 1, "migrainous": 1}
COLUMNS = 4


class FakeEncoder:
    """Knows a few words by their meaning and puts every other at right angles to them."""

    name = "fake"

    def encode(self, texts: Sequence[str]) -> Any:
        """A row a text, of length 1."""
        rows = numpy.zeros((len(texts), COLUMNS), dtype="float32")
        for row, text in zip(rows, texts, strict=True):
            for word in words(text) or [""]:
                row[ALIKE.get(word, 3)] += 1
        return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


class CountingEncoder(FakeEncoder):
    """Stops after a number of batches, as a person might."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def encode(self, texts: Sequence[str]) -> Any:
        """A row a text, or an interruption."""
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().encode(texts)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The vectors of the small index, by the fake encoder."""
    dense.build(build(ROWS), FakeEncoder(), tmp_path / "vectors", advance=lambda _: None)
    return tmp_path / "vectors"


def fused() -> Retriever:
    index, encoder = build(ROWS), FakeEncoder()
    texts = [index.term(term) for term in range(len(index.term_code))]
    return dense_ranking.fused_retriever(index, Vectors(encoder.encode(texts)), encoder)


def test_vectors_are_written_and_read_alike(written: Path) -> None:
    """Each term has its row, in half precision, in the index's order."""
    index = build(ROWS)
    rows = dense.load(written, index, "fake").rows
    texts = [index.term(term) for term in range(len(index.term_code))]
    assert rows.dtype == numpy.float32
    assert numpy.allclose(rows, FakeEncoder().encode(texts), atol=1e-3)


def test_the_same_terms_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    """Written twice, the file is the same, and nothing else is left."""
    told: list[int] = []
    dense.build(build(ROWS), FakeEncoder(), tmp_path / "again", advance=told.append)
    assert (tmp_path / "again").read_bytes() == written.read_bytes()
    assert sum(told) == len(build(ROWS).term_code)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "vectors"]


def test_interrupted_work_goes_on_where_it_stopped(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was encoded before an interruption is kept, even with half a row behind it."""
    monkeypatch.setattr(dense, "BATCH", 2)
    target = tmp_path / "slow"
    with pytest.raises(KeyboardInterrupt):
        dense.build(build(ROWS), CountingEncoder(3), target, advance=lambda _: None)
    assert not target.exists()
    with (tmp_path / "slow.part").open("ab") as file:
        file.write(b"half")
    told: list[int] = []
    dense.build(build(ROWS), FakeEncoder(), target, advance=told.append)
    assert told[0] == 4
    assert target.read_bytes() == written.read_bytes()


def test_the_rest_of_other_work_is_not_continued(written: Path, tmp_path: Path) -> None:
    """What an interruption left of another index is written over."""
    (tmp_path / "new.part").write_bytes(b"of something else" * 100)
    dense.build(build(ROWS), FakeEncoder(), tmp_path / "new", advance=lambda _: None)
    assert (tmp_path / "new").read_bytes() == written.read_bytes()


def test_vectors_of_other_terms_are_refused(written: Path) -> None:
    """A changed term, or a term under another code, is another digest."""
    moved = [*ROWS[:-1], ("R64", *ROWS[-1][1:])]
    for rows in (ROWS[:-1], moved):
        with pytest.raises(VectorFileError, match="other terms"):
            dense.load(written, build(rows), "fake")


def test_vectors_of_another_encoder_are_refused(written: Path) -> None:
    """Two encoders' vectors do not compare."""
    with pytest.raises(VectorFileError, match="another encoder"):
        dense.load(written, build(ROWS), dense_encoder.NAME)


def test_a_damaged_file_is_refused(written: Path) -> None:
    """A file cut short, or with columns it has not, is one named error."""
    content = written.read_bytes()
    for damaged in (content[:-1], content + b"x", content.replace(b" 4\n", b" 8\n"), content[:100]):
        written.write_bytes(damaged)
        with pytest.raises(VectorFileError):
            dense.load(written, build(ROWS), "fake")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_vectors_or_one_named_error(written: Path, content: bytes, opened: bool) -> None:
    """No content crashes the reading, whether or not it begins as it should."""
    path = written.with_name("any")
    path.write_bytes((f"{dense.FORMAT} fake ".encode() if opened else b"") + content)
    with pytest.raises(VectorFileError):
        dense.load(path, build(ROWS), "fake")


def test_a_code_is_found_by_meaning_alone() -> None:
    """A word that no term holds leads to the terms that lie near it."""
    assert fused().search("migrainous") != ()
    assert {found.code for found in fused().search("migrainous")} <= {"R51", "R51.9"}


def test_headings_are_not_found_by_vectors() -> None:
    """A block gives context and is no code, however near it lies."""
    assert all("-" not in found.code for found in fused().search("blood skull general", limit=20))


def test_what_lies_near_nothing_has_no_candidate() -> None:
    """A text that no word and no vector answers stays unanswered, and so does one of weak words only."""
    rows = [row for row in ROWS if row[0] in ("R51", "R50-R69")]
    index, encoder = build(rows), FakeEncoder()
    texts = [index.term(term) for term in range(len(index.term_code))]
    searched = dense_ranking.fused_retriever(index, Vectors(encoder.encode(texts)), encoder)
    assert searched.search("cephalgia") != ()
    vectors = Vectors(encoder.encode(texts) * 0.1)
    assert dense_ranking.fused_retriever(index, vectors, encoder).search("migrainous") == ()
    assert searched.search("of the") == ()
    assert searched.search("") == ()


def test_words_are_encoded_as_people_write_them() -> None:
    """The encoder sees the plural that a term has, not the stem that is looked up; other words stay."""
    asked: list[str] = []

    class Listening(FakeEncoder):
        def encode(self, texts: Sequence[str]) -> Any:
            """A row a text, which is noted."""
            asked.extend(texts)
            return super().encode(texts)

    index = build(ROWS)
    rows = FakeEncoder().encode([index.term(term) for term in range(len(index.term_code))])
    dense_ranking.FusedRanker(index, Vectors(rows), Listening()).matches(["symptom", "general", "zebra"])
    assert asked == ["symptoms general zebra"]


def test_fused_features_and_evidence_are_as_named() -> None:
    """Every match has a number for each feature, every confidence a number for each kind of evidence."""
    index, encoder = build(ROWS), FakeEncoder()
    rows = encoder.encode([index.term(term) for term in range(len(index.term_code))])
    matches = dense_ranking.FusedRanker(index, Vectors(rows), encoder).matches(["headache", "blood"])
    assert matches
    for match in matches:
        assert len(match.features) == len(dense_ranking.FUSED_FEATURES)
        weighed = dense_ranking.fused_evidence(0.5, match.features)
        assert len(weighed) == len(dense_ranking.FUSED_EVIDENCE)
        assert weighed[: len(EVIDENCE)] == evidence(0.5, match.features[: len(FEATURES)])


def test_confidences_are_probabilities() -> None:
    """Candidates by vectors are ordered and bounded as those by words are."""
    found = fused().search("headache, high blood pressure")
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.code_confidence <= 1 and 0 <= one.category_confidence <= 1 for one in found)


def test_a_note_is_coded_by_vectors() -> None:
    """What takes a retriever takes this one."""
    assert code_note("cephalgia", fused()).codes[0].code.startswith("R51")


def test_nothing_neural_is_imported_for_words() -> None:
    """Searching by words imports neither encoder nor numerical library."""
    code = (
        "import sys; from terminology import dense_ranking; from terminology.retrieval import retriever; "
        "retriever().search('headache'); "
        "print(sorted({'numpy', 'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    folder = Path(dense.__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    assert found.stdout == "[]\n"


def test_a_missing_extra_is_one_named_error() -> None:
    """Where the weights are not installed, making the encoder says so."""
    if importlib.util.find_spec(dense_encoder.WEIGHTS) is not None:
        pytest.skip("the extra `dense` is installed")
    with pytest.raises(DenseMissingError, match="not installed"):
        dense_encoder.MiniLM()


@pytest.mark.filterwarnings("ignore")
def test_the_real_encoder_finds_what_words_do_not(tmp_path: Path) -> None:
    """With the real weights, another word for the same thing leads to its code."""
    pytest.importorskip(dense_encoder.WEIGHTS, reason="the extra `dense` is not installed")
    index, encoder = build(ROWS), dense_encoder.MiniLM()
    dense.build(index, encoder, tmp_path / "vectors", advance=lambda _: None)
    vectors = dense.load(tmp_path / "vectors", index, encoder.name)
    assert vectors.rows.shape == (len(index.term_code), 384)
    searched = dense_ranking.fused_retriever(index, vectors, encoder)
    assert searched.search("cranial pain")[0].code.startswith("R51")
    assert retriever().search("xyzzy") == ()
    assert searched.search("xyzzy") == ()

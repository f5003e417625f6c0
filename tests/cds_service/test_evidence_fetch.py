"""Where the rate of the indexes is kept."""

import tempfile

from cds_service.evidence_fetch import shared_folder


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

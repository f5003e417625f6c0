"""Settings: defaults, and every problem told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.settings import Settings, SettingsError, read_settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_every_problem_is_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bad variables give one error that names both, and neither value."""
    monkeypatch.setenv("APPOSITE_PORT", "eighty-MARKER")
    monkeypatch.setenv("APPOSITE_BASE_URL", "ftp://MARKER")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "APPOSITE_PORT" in str(caught.value)
    assert "APPOSITE_BASE_URL" in str(caught.value)
    assert "MARKER" not in str(caught.value)


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable sets its setting."""
    monkeypatch.setenv("APPOSITE_CONSULTED_CODE", "G1234")
    assert read_settings().consulted_code == "G1234"


def test_every_setting_is_documented() -> None:
    """docs/configuration.md names each variable with its default and its description."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `APPOSITE_{name.upper()}` | `{field.default}` | {field.description} |" in text

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


@pytest.mark.parametrize(("literature", "refused"), [("pubmed", True), ("both", True), ("europe-pmc", False)])
def test_pubmed_needs_an_address_to_write_to(
    monkeypatch: pytest.MonkeyPatch, literature: str, refused: bool
) -> None:
    """NCBI asks for one; the error names the variable."""
    monkeypatch.setenv("APPOSITE_LITERATURE", literature)
    if not refused:
        assert read_settings().has_background
        return
    with pytest.raises(SettingsError, match="APPOSITE_LITERATURE_EMAIL"):
        read_settings()
    monkeypatch.setenv("APPOSITE_LITERATURE_EMAIL", "someone@example.org")
    assert read_settings().has_background


def test_no_key_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the index's nor the model's."""
    for name in ("LITERATURE_API_KEY", "LANGUAGE_MODEL_API_KEY", "LINK_KEY"):
        monkeypatch.setenv(f"APPOSITE_{name}", "MARKER-that-is-long-enough-for-any-of-them")
    assert "MARKER" not in repr(read_settings())
    monkeypatch.setenv("APPOSITE_LINK_KEY", "MARKER")
    with pytest.raises(SettingsError, match="APPOSITE_LINK_KEY") as caught:
        read_settings()
    assert "MARKER" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGE_FRAMES", "*"),
        ("PAGE_FRAMES", "'self'"),
        ("PAGE_FRAMES", ""),
        ("PAGE_FRAMES", "none, https://ehr.example"),
        ("PAGE_FRAMES", "https://ehr.example; script-src *"),
        ("PAGE_FRAMES", "https://ehr.example/path"),
        ("PAGE_FRAMES", "https://ehr.example\nX: y"),
        ("BASE_URL", "https://a.example?x=1"),
        ("BASE_URL", "https://a.example/ b"),
        ("LINK_MINUTES", "0"),
    ],
)
def test_what_would_break_a_link_or_a_policy_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Nothing gets into a header or an address that is not of the form it must have."""
    monkeypatch.setenv(f"APPOSITE_{name}", value)
    with pytest.raises(SettingsError, match=f"APPOSITE_{name}"):
        read_settings()


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable sets its setting."""
    monkeypatch.setenv("APPOSITE_CONSULTED_CODE", "G1234")
    assert read_settings().consulted_code == "G1234"


def test_every_setting_is_documented() -> None:
    """docs/configuration.md names each variable with its default and its description."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `APPOSITE_{name.upper()}` | `{field.default}` | {field.description} |" in text

"""Earlier imaging studies, reports and procedures that were done."""

import pytest
from hypothesis import given

from chart.studies import Study, read_study
from tests.chart.arbitrary import broken, of_type, resource, vectors


def plain(study):
    """The study as the vectors write it."""
    return {
        "source": study.source,
        "names": [name.words for name in study.names],
        "codes": [coding.code for name in study.names for coding in name.codings],
        "modalities": list(study.modalities),
        "sites": list(study.body_sites),
        "done": study.done and [study.done.first.isoformat(), study.done.last.isoformat()],
        "conclusion": study.conclusion_text,
        "conclusions": [conclusion.words for conclusion in study.conclusions],
    }


@pytest.mark.parametrize("vector", vectors("studies"), ids=lambda vector: vector["id"])
def test_a_study_is_read(vector):
    """Each hand-written study gives exactly what its vector expects."""
    study = read_study(resource(vector["resource"]))
    if vector["expect"] is None:
        assert study is None
    else:
        assert {name: plain(study)[name] for name in vector["expect"]} == vector["expect"]


@given(
    broken("studies")
    | of_type("ImagingStudy", ["modality", "series", "procedureCode", "description", "started", "status"])
    | of_type("DiagnosticReport", ["code", "conclusion", "conclusionCode", "issued", "status"])
    | of_type("Procedure", ["code", "performedDateTime", "performedPeriod", "bodySite", "status"])
)
def test_a_broken_study_is_a_study_or_none(sent):
    """Whatever is broken in a study, reading it gives a study or nothing."""
    assert isinstance(read_study(sent), Study | None)

"""Words whose meaning the ordered study decides."""

from __future__ import annotations

import pytest

from terminology.ambiguous import decided_by_study, meanings_table, screened_for
from terminology.findings import vocabulary
from terminology.procedures import catalogue


@pytest.mark.parametrize(
    ("text", "procedure", "finding"),
    [
        ("hypothyroidism with palpable nodule", "us-thyroid", "thyroid-nodule"),
        ("4 mm nodule on CT chest, f/u", "ct-chest-wo", "pulmonary-nodule"),
        ("new lump x 3 weeks", "us-breast", "palpable-breast-mass"),
        ("BRCA2+, screening", "mg-screening", "breast-cancer-screening"),
        ("MS, new leg weakness", "mr-head-wwo", "demyelinating-disease"),
        ("AIS, yearly check", "xr-complete-spine", "scoliosis"),
        ("pain", "xr-knee", "knee-pain"),
        ("severe pain x 2 days", "ct-abdomen-pelvis-w", "abdominal-pain"),
        ("pain at night", "mr-shoulder-wo", "shoulder-pain"),
        ("injury to the right knee", "xr-knee", "knee-injury"),
        ("s/p fall at home", "xr-hip", "hip-injury"),
        ("pt fell down stairs", "xr-lumbar-spine", "thoracolumbar-injury"),
        ("neck pain after fall", "ct-head-wo", "head-trauma"),
        ("MVC", "ct-cervical-spine-wo", "neck-injury"),
        ("dolore", "xr-hip", "hip-pain"),
        ("annual", "mg-screening", "breast-cancer-screening"),
        ("well woman", "mg-screening", "breast-cancer-screening"),
    ],
)
def test_the_study_decides(text: str, procedure: str, finding: str) -> None:
    """The word is read as what the ordered study is for."""
    assert [each.finding for each in decided_by_study(text, (procedure,))] == [finding]


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("vocal cord nodule", "us-thyroid"),
        ("nodule of the liver", "ct-chest-wo"),
        ("no palpable nodule", "us-thyroid"),
        ("h/o nodule", "us-thyroid"),
        ("screening for lung cancer", "mg-screening"),
        ("screening callback, asymmetry", "us-breast"),
        ("abnormal screening", "us-breast"),
        ("MS changes", "mr-head-wwo"),
        ("MS, confused", "ct-head-wo"),
        ("ais", "xr-complete-spine"),
        ("palpable nodule", "ct-abdomen-w"),
        ("abdominal pain", "xr-knee"),
        ("pain in left wrist", "xr-knee"),
        ("no pain", "xr-knee"),
        ("denies pain or trauma", "xr-knee"),
        ("pain management", "xr-lumbar-spine"),
        ("h/o trauma", "xr-knee"),
        ("s/p trauma in 2019", "xr-knee"),
        ("status post trauma 3 years ago", "xr-knee"),
        ("fall last year", "xr-knee"),
        ("injury 6 months ago", "mr-knee-wo"),
        ("fall risk", "ct-head-wo"),
        ("mother had pain", "xr-knee"),
        ("trauma cranico", "xr-hip"),
        ("dolore pelvico", "ct-abdomen-pelvis-w"),
        ("annual mammogram abnormal", "mg-screening"),
        ("trauma", "us-thyroid"),
    ],
)
def test_another_meaning_is_left_alone(text: str, procedure: str) -> None:
    """Another place, another purpose, a denial, or a study that tells nothing: no meaning."""
    assert decided_by_study(text, (procedure,)) == ()


def test_a_screening_study_tells_what_it_screens_for() -> None:
    """Each screening study of the catalogue, and none that is no screening study."""
    studies = [each for each in catalogue() if "screening" in each.techniques]
    assert {each.id: screened_for((each.id,)) for each in studies} == {
        "ct-chest-wo-screening": "lung-cancer-screening",
        "ct-colonography-wo-screening": "colorectal-cancer-screening",
        "mg-screening": "breast-cancer-screening",
        "dbt-screening": "breast-cancer-screening",
    }
    assert screened_for(("mg-screening", "mg-diagnostic")) is None
    assert screened_for(()) is None


def test_the_table_names_what_there_is() -> None:
    """Its findings are in the vocabulary, and a study of each row's region and modality is in the catalogue."""
    seen = {(each.modality.value, region) for each in catalogue() for region in each.regions}
    regions = {region for _, region in seen}
    for row in meanings_table():
        assert row["finding"] in vocabulary().findings
        assert row["region"] in regions
        assert not row["modality"] or (row["modality"], row["region"]) in seen

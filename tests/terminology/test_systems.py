"""One spelling for each code system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.systems import (
    CPT,
    HCPCS,
    ICD_9_CM,
    ICD_10,
    ICD_10_CM,
    LOINC,
    SNOMED_CT,
    canonical_system,
)


@pytest.mark.parametrize(
    ("uri", "system"),
    [
        (CPT, CPT),
        ("https://www.ama-assn.org/go/cpt", CPT),
        ("http://www.ama-assn.org/go/cpt/", CPT),
        ("urn:oid:2.16.840.1.113883.6.12", CPT),
        ("2.16.840.1.113883.6.12", CPT),
        (HCPCS, HCPCS),
        ("urn:oid:2.16.840.1.113883.6.285", HCPCS),
        (LOINC, LOINC),
        ("https://loinc.org/", LOINC),
        (SNOMED_CT, SNOMED_CT),
        ("http://snomed.info/sct/731000124108", SNOMED_CT),
        ("http://snomed.info/sct/731000124108/version/20250301", SNOMED_CT),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED_CT),
        ("urn:oid:2.16.840.1.113883.6.90", ICD_10_CM),
        ("urn:oid:2.16.840.1.113883.6.3", ICD_10),
        ("http://hl7.org/fhir/sid/icd-9-cm/diagnosis", ICD_9_CM),
        ("urn:oid:2.16.840.1.113883.6.103", ICD_9_CM),
    ],
)
def test_every_spelling_of_a_system_is_one(uri, system):
    """The addresses and OIDs seen in practice name the same system."""
    assert canonical_system(uri) == system


@pytest.mark.parametrize("uri", ["", "urn:oid:2.16.840.1.113883.6.9", "http://example.org/codes"])
def test_an_unknown_system_comes_back_unchanged(uri):
    """A local system keeps its own name; nothing is guessed."""
    assert canonical_system(uri) == uri


@given(st.text())
def test_any_text_has_one_canonical_form(uri):
    """What is canonical stays so."""
    assert canonical_system(canonical_system(uri)) == canonical_system(uri)

"""The code systems' names, and the one spelling each of their many URIs stands for.

An electronic health record may name a system by its FHIR URI, by its OID, or by an address seen in
practice; `canonical_system` brings them to one. The URIs are those of
https://terminology.hl7.org/external_terminologies.html.
"""

from typing import Final

CPT: Final = "http://www.ama-assn.org/go/cpt"
HCPCS: Final = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
LOINC: Final = "http://loinc.org"
SNOMED_CT: Final = "http://snomed.info/sct"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD_9_CM: Final = "http://hl7.org/fhir/sid/icd-9-cm"

# Keys carry neither scheme nor "www." nor a closing slash, and are lower-case: see `_key`.
_SPELLINGS: Final = {
    "ama-assn.org/go/cpt": CPT,
    "ama-assn.org/cpt": CPT,
    "ama-assn.org/practice-management/cpt": CPT,
    "hl7.org/fhir/sid/cpt": CPT,
    "terminology.hl7.org/codesystem/cpt": CPT,
    "2.16.840.1.113883.6.12": CPT,
    "cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS,
    "terminology.hl7.org/codesystem/hcpcs": HCPCS,
    "terminology.hl7.org/codesystem/hcpcs-all-codes": HCPCS,
    "hl7.org/fhir/sid/hcpcs": HCPCS,
    "2.16.840.1.113883.6.285": HCPCS,
    "2.16.840.1.113883.6.14": HCPCS,
    "loinc.org": LOINC,
    "2.16.840.1.113883.6.1": LOINC,
    "snomed.info/sct": SNOMED_CT,
    "snomed.info/id": SNOMED_CT,
    "2.16.840.1.113883.6.96": SNOMED_CT,
    "hl7.org/fhir/sid/icd-10-cm": ICD_10_CM,
    "terminology.hl7.org/codesystem/icd10cm": ICD_10_CM,
    "2.16.840.1.113883.6.90": ICD_10_CM,
    "hl7.org/fhir/sid/icd-10": ICD_10,
    "2.16.840.1.113883.6.3": ICD_10,
    "hl7.org/fhir/sid/icd-9-cm": ICD_9_CM,
    "hl7.org/fhir/sid/icd-9-cm/diagnosis": ICD_9_CM,
    "terminology.hl7.org/codesystem/icd9cm": ICD_9_CM,
    "2.16.840.1.113883.6.103": ICD_9_CM,
    # Bare names, which no rule allows and some senders use.
    "cpt": CPT,
    "cpt-4": CPT,
    "cpt4": CPT,
    "hcpcs": HCPCS,
    "loinc": LOINC,
    "snomed": SNOMED_CT,
    "snomed-ct": SNOMED_CT,
    "snomedct": SNOMED_CT,
    "icd-10-cm": ICD_10_CM,
    "icd10cm": ICD_10_CM,
    "icd-10": ICD_10,
    "icd10": ICD_10,
    "icd-9-cm": ICD_9_CM,
    "icd9cm": ICD_9_CM,
}


def canonical_system(uri: str) -> str:
    """The canonical URI of the code system that `uri` names; an unknown URI comes back unchanged."""
    key = _key(uri)
    if key.startswith("snomed.info/sct/"):  # an edition or a version of an edition
        return SNOMED_CT
    return _SPELLINGS.get(key, uri)


def _key(uri: str) -> str:
    key = uri.strip().lower()
    for prefix in ("urn:oid:", "https://", "http://", "www."):
        key = key.removeprefix(prefix)
    return key.rstrip("/")

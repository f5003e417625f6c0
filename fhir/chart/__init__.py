"""What an EHR sends, read into plain facts: orders, the patient, problems, results, earlier studies.

`fhir.resources` (R4B) checks each element; what it cannot read is dropped and noted, never fatal, because real
charts mix FHIR versions and carry elements of their own. The original of a resource is kept for the answer.
"""

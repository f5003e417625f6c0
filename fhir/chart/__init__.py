"""What an EHR sends, read into plain facts: orders, the patient, problems, results, earlier studies.

`fhir.resources` (R4B) checks what is read; what it cannot read is left out and never fatal, because real
charts mix FHIR versions and carry elements of their own. The original of an order is kept for the answer.
"""

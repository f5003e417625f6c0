"""The clinical reasoning: a de-identified case in, an assessment with reasons out. No web, no FHIR JSON."""

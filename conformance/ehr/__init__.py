"""A small EHR: patients' records, draft orders, and a CDS Hooks client that acts on what it is told."""

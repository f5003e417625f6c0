"""Code systems, the vocabulary of clinical findings, and the catalogue of imaging procedures.

Everything here is values in, values out: codes and words become finding ids and procedure ids. Nothing here
knows a FHIR resource, a patient or a guideline.
"""

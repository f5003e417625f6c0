"""The examiner: black-box checks of a CDS Hooks service, and an EHR simulator that calls one.

Nothing here imports the service: it is known by its address alone.
"""

"""Tests of the EHR simulator."""

"""The published evidence: what PubMed has on an indication and a procedure, weighed, condensed and kept."""

"""The guideline library: topics as YAML, their schema, and the matcher that reads a case against them."""

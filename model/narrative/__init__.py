"""From a patient told in a line to the guideline's variant, and what that says of each procedure."""

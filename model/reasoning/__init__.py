"""Where no guideline decides: a rater, a language model, and the guard that holds both to the evidence."""

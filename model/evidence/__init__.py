"""Published evidence, as the reasoning cites it."""

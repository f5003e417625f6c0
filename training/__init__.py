"""Training and evaluation: examples, rewards, SFT, GRPO, the rater, the report. Nothing serving uses it."""

"""Quality of the shop's data that a manager understands: a score, a sentence and what to do, per table and column."""

"""From a dataset to a logged version: tune, evaluate, log, for each of the three models."""

"""From a dataset to a logged version: tune, evaluate, log, for each kind of model."""

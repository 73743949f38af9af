"""Drift, performance, fairness, rules and the review desk."""

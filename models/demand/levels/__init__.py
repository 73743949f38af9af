"""Levels: coarser groups of the series, such as departments and stores, whose forecasts add up to those of the series.

The mean of a group is the sum of its series' means, so that a plan by store and a plan by category are one plan. Its
quantiles are of the sum, not sums of quantiles: series do not all sell their most on one day.
"""

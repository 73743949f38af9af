"""Tests of monitoring/leaving."""

"""Clients of the service in other programs: a Python package of its own, and types for TypeScript."""

"""Measurements of the platform against the bare way of doing the same, both in one run."""

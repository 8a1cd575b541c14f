"""Statistics and learning: plain functions and small records on arrays and frames.

What belongs here: methods, each with its source. What does not: the lake, the store, Dagster, settings, dates of reports.
"""

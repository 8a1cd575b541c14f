"""The dashboards: login, pages and cards over the document store.

What belongs here: showing what the store holds. What does not: computing reports, and running Dagster.
"""

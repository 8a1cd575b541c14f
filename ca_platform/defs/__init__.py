"""The Dagster shell: assets, checks, jobs, schedules, sensors, and the way to run them in this process.

What belongs here: how the platform's work hangs together in Dagster. What does not: the work itself (ingest, facts,
reports, store), which knows nothing of Dagster. No ``from __future__ import annotations`` in this folder: Dagster
reads the annotations when the modules are loaded.
"""

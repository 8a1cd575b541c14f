"""A second implementation of every report, in plain Python, written from the definitions alone.

It shares no code with the platform: rows are records in lists, a report is a loop. Slow on purpose, so that each
rule can be read and checked by eye. Tests compare it with the platform, cell by cell.
"""

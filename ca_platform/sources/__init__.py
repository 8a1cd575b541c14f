"""Connections and column mapping: rows of files and databases as typed frames."""

"""Customer analytics for e-commerce: every report a Dagster asset, in Elasticsearch or on one machine."""

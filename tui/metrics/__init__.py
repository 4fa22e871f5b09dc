"""Metrics of the cluster and of our own reads, for Prometheus. Never imports Textual."""

"""Scrapes of metrics, and what the client's own parser reads in them."""

import urllib.request
from typing import Any

from prometheus_client.core import Metric
from prometheus_client.openmetrics import parser

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
_parser: Any = parser  # has no types


def scrape(url: str, accept: str = OPENMETRICS) -> str:
    """Return the metrics at `url`, in the format that Prometheus would accept."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=30) as reply:
        assert reply.headers["Content-Type"].startswith(accept.partition(";")[0])
        text: str = reply.read().decode()
    return text


def parse_metrics(text: str) -> list[Metric]:
    """Return the families in a text in the OpenMetrics format. Raises ValueError for any other text."""
    return list(_parser.text_string_to_metric_families(text))

"""Tables of values recorded from the Go code."""

from typing import Any


def _name(case: dict[str, Any]) -> str:
    return str(case.get("name") or case.get("in") or case.get("json"))[:60]

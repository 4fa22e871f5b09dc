"""Recordings of the real Go code against AWS's DynamoDB Local: what it wrote, sent and read."""

import json
from pathlib import Path
from typing import Any

from store import Error, ErrorKind, Resources

_HERE = Path(__file__).parent


def load(name: str) -> Any:
    """A recorded file: the value of a .json, the list of values of a .jsonl."""
    text = (_HERE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line] if name.endswith("l") else json.loads(text)


def error(tree: dict[str, Any] | None) -> BaseException | None:
    """The error of a recorded tree."""
    if tree is None:
        return None
    if tree["type"] == "plain":
        return Exception(tree["text"])
    return Error(ErrorKind(tree["kind"]), tree["op"], tree["arg"] or (), error(tree["cause"]))


def resources(recorded: dict[str, float] | None) -> Resources:
    """Recorded resources; nil is none, and NaN is recorded as text."""
    return Resources({name: float(amount) for name, amount in (recorded or {}).items()})

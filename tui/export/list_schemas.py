"""The JSON schemas of lists, in `schemas/`: the fields of rows and their meanings."""

import importlib.resources
import json
from collections.abc import Collection, Mapping
from typing import Any

_ROWS = {"runs": "run", "tasks": "task", "pools": "pool", "failures": "failure"}
_NESTED = {"tasks"}  # keys of nested rows, which a flag adds


def load_schema(name: str, chosen: Collection[str] = ()) -> dict[str, Any]:
    """Return the schema (draft 2020-12) of the list `name`: runs, tasks, pools or failures.

    With `chosen` fields, it is the schema of rows that have only these, and the nested rows that a flag adds.
    """
    schema = _read(name)
    if chosen:
        row = schema["$defs"][_ROWS[name]]
        row["required"] = [field for field in row["required"] if field in chosen]
        row["properties"] = {field: facts for field, facts in row["properties"].items() if field in {*chosen, *_NESTED}}
    if name == "runs":
        schema["$defs"]["task"] = _read("tasks")["$defs"]["task"]
    return schema


def describe_fields(name: str) -> Mapping[str, str]:
    """Return the fields of the rows of a list, in their order, each with its description."""
    properties = _read(name)["$defs"][_ROWS[name]]["properties"]
    return {field: facts["description"] for field, facts in properties.items() if field not in _NESTED}


def _read(name: str) -> dict[str, Any]:
    text = importlib.resources.files("tui.export").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema

"""Errors of unreadable rows outlive their page, and keep nothing of it."""

import gc
import json
import sys

import pytest

from store import Error
from store.dynamo.decode import Decoder

ROW = {"ID": {"S": "sha256:" + "01" * 32}, "Type": {"S": "run"}, "StartTime": {"S": "yesterday"}}


@pytest.mark.parametrize(
    "item",
    [
        ROW,
        {**ROW, "Keepalive": {"S": "x" * 1000}},
        {**ROW, "Bundle": {"S": "no digest"}},
        {**ROW, "ID": {"S": "no digest"}},
        {**ROW, "Type": {"S": "task"}, "Attempt": {"N": "1e400"}},
        {**ROW, "Type": {"S": "task"}, "Resources": {"S": "{"}},
        {**ROW, "Type": {"S": "pool"}, "URI": {"N": "1"}},
        {**ROW, "Type": {"S": "alloc"}, "AllocID": {"SS": ["a"]}},
        {**ROW, "Type": {"S": 1}},
        {**ROW, "User": {"S": "\ud800"}},
    ],
)
def test_an_unreadable_row_is_reported_without_its_page(item: dict[str, object]) -> None:
    page = json.dumps(item).encode()
    references = sys.getrefcount(page)
    errors: list[Error] = []
    Decoder().decode([page], errors)
    assert errors
    gc.collect()
    assert sys.getrefcount(page) == references
    assert all(node.__traceback__ is None for error in errors for node in error.chain())


def test_a_row_with_a_lone_surrogate_costs_only_itself() -> None:
    users = ("a", "\ud800", "c")
    rows = [{**ROW, "ID": {"S": f"sha256:{n:064x}"}, "User": {"S": user}} for n, user in enumerate(users)]
    errors: list[Error] = []
    found = Decoder().decode([json.dumps(row).encode() for row in rows], errors)
    assert [getattr(row, "user", "") for row in found] == ["a", "c"]

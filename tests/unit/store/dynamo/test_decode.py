"""Every recorded row decodes to what Go decoded; foreign and corrupt rows to what is readable in them."""

import json
from typing import Any

import msgspec
import pytest

from store import Error, ErrorKind, FailureReason, Run, Task
from store.dynamo.decode import Decoder, Row
from tests.support import golden
from tests.support.golden import go

ITEMS = {item["ID"]["S"]: item for item in golden.load("items.json")}
READS = [read for read in golden.load("reads.jsonl") if read["table"] == "golden" and read["method"] != "Scan"]
PROBES = [probe for probe in golden.load("probes.jsonl") if probe["outcome"]]

AS_GO = {"Runs": go.run, "Tasks": go.task, "Allocs": go.alloc, "Pools": go.pool}


def decode(item: dict[str, Any]) -> tuple[Row, list[Error]]:
    errors: list[Error] = []
    (row,) = Decoder().decode([json.dumps(item).encode()], errors)
    return row, errors


def rows_read() -> list[Any]:
    """Each whole row that any recorded query returned, once. Those by ImgCmdID and Ident have few columns."""
    rows: dict[str, tuple[str, Any]] = {}
    for read in READS:
        if not (read["query"].get("Ident") or read["query"].get("ImgCmdID", "<zero>") != "<zero>"):
            rows |= {row["ID"]: (read["method"], row) for row in read.get("result", [])}
    return [pytest.param(method, row, id=f"{method}-{row['ID'][7:15]}") for method, row in rows.values()]


@pytest.mark.parametrize(("method", "row"), rows_read())
def test_a_recorded_row_decodes_as_in_go(method: str, row: dict[str, Any]) -> None:
    decoded, errors = decode(ITEMS[row["ID"]])
    ours, theirs = AS_GO[method](decoded), go.recorded(row)  # type: ignore[operator]
    for name in ("Alloc", "Pool"):  # joined rows are tested with the queries
        ours.pop(name, None), theirs.pop(name, None)
    if isinstance(decoded, Task) and decoded.err:
        # Go moves kinds up the chain when it decodes, and an empty error to nothing; ours keeps the tree as stored.
        assert decoded.err.to_json() == Error.from_json(ITEMS[row["ID"]]["Error"]["S"]).to_json()
        del ours["Err"], theirs["Err"]
    # Go drops a label with a second `=`.
    if ours.get("Labels", {}).pop("eq", None) is not None:
        assert [error.args for error in errors] == [(row["ID"], "Labels")]
    else:
        assert not errors
    assert ours == theirs


def test_all_recorded_rows_decode() -> None:
    errors: list[Error] = []
    rows = Decoder().decode([json.dumps(item).encode() for item in ITEMS.values()], errors)
    assert len(rows) == sum("Type" in item for item in ITEMS.values())
    assert [error.cause for error in errors if "noeq" not in str(error)] == []


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe["name"])
def test_a_probed_row(probe: dict[str, Any]) -> None:
    outcome = probe["outcome"]
    row, errors = decode(outcome["row"])
    ours = go.run(row) if isinstance(row, Run) else go.task(row) if isinstance(row, Task) else {}
    assert ours == go.recorded(outcome["result"])
    # What Go logs, or does not even notice, is in the errors.
    unnoticed = probe["name"] in ("row:run-labels-list", "row:run-labels-null")
    assert bool(errors) is (bool(outcome["log"]) or unnoticed)
    assert all(error.kind is ErrorKind.INVALID for error in errors)


def row(**columns: Any) -> dict[str, Any]:
    texts = {"ID": "sha256:" + "ab" * 32, "Type": "run", "User": "amy", "StartTime": "2024-02-28T10:00:00Z"}
    return {name: {"S": text} for name, text in texts.items()} | {"Labels": {"SS": ["a=b"]}} | columns


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("User", {"NULL": True}),
        ("User", {"N": "5"}),
        ("User", {"M": {"x": {"S": "y"}}}),
        ("Labels", {"S": "a=b"}),
        ("Labels", {"L": [{"S": "a=b"}]}),
        ("RunLog", {"S": "sha256:" + "0" * 63 + " "}),
        ("RunLog", {"S": "sha256:" + "ab" * 33}),
        ("RunLog", {"B": "aaaa"}),
        ("Keepalive", {"S": "2024-02-30T10:00:00Z"}),
        ("Keepalive", {"S": "2024-02-28"}),
        ("EndTime", {"S": "9999-12-31T23:59:59-12:00"}),
        ("EndTime", {"S": "9999-12-31T23:59:59Z"}),
        ("Keepalive", {"S": "0001-01-01T00:00:01Z"}),
        ("Args", {"S": "x"}),
    ],
    ids=str,
)
def test_an_unreadable_column_leaves_the_rest(column: str, value: dict[str, Any]) -> None:
    decoded, errors = decode(row(**{column: value}))
    assert isinstance(decoded, Run)
    assert [error.args for error in errors] == [("sha256:" + "ab" * 32, column)]
    assert decoded.id.short == "abababab"
    assert decoded.start is not None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Attempt", {"S": "1"}),
        ("Attempt", {"N": "1.5"}),
        ("Error", {"NULL": True}),
        ("URI", {"NULL": True}),
        ("Resources", {"S": '{"cpu":"1"}'}),
        ("Resources", {"SS": ["x"]}),
        ("AllocID", {"S": "alloc-1"}),
        ("Ident", {"L": []}),
        ("StartTime", {"N": "5"}),
        ("EndTime", {"NULL": True}),
    ],
    ids=str,
)
def test_an_unreadable_column_of_a_task(column: str, value: dict[str, Any]) -> None:
    whole = next(item for item in ITEMS.values() if item.get("Type") == {"S": "task"})
    decoded, errors = decode(whole | {column: value})
    assert isinstance(decoded, Task)
    assert [error.args[1] for error in errors] == [column]
    assert decoded.run_id
    assert getattr(decoded, column.lower(), None) in (None, 0, "", {})


def test_a_row_without_a_readable_id_comes_back() -> None:
    decoded, errors = decode(row(ID={"S": "sha256:zz"}))
    assert not decoded.id
    assert len(errors) == 1


def test_unknown_row_types_and_malformed_items() -> None:
    errors: list[Error] = []
    items = [json.dumps(row(Type={"S": "future"})).encode(), b"[]", b"{", json.dumps(row()).encode()]
    assert [found.id.short for found in Decoder().decode(items, errors)] == ["abababab"]
    assert len(errors) == 2


@pytest.mark.parametrize(
    ("args", "ordered", "expected"),
    [
        (["a", "b"], None, ("a", "b")),
        (["a", "b"], ["b", "a", "b"], ("b", "a", "b")),
        (["a", "c"], ["b", "a", "b"], ("a", "c")),  # Go has set other arguments since
    ],
)
def test_args(args: list[str], ordered: list[str] | None, expected: tuple[str, ...]) -> None:
    columns: dict[str, Any] = {"Args": {"SS": args}}
    if ordered is not None:
        columns["ArgList"] = {"L": [{"S": argument} for argument in ordered]}
    decoded, errors = decode(row(**columns))
    assert isinstance(decoded, Run)
    assert decoded.args == expected
    assert not errors


def test_error_text_of_another_origin() -> None:
    decoded, errors = decode(row(Type={"S": "task"}, Error={"S": "just text"}))
    assert isinstance(decoded, Task)
    assert str(decoded.err) == "just text"
    assert not errors


def test_shared_values_are_kept_once() -> None:
    item = json.dumps(row(Type={"S": "task"}, RunID={"S": "sha256:" + "cd" * 32}, Ident={"S": "align"})).encode()
    first, second = Decoder().decode([item, msgspec.Raw(item)], [])
    assert isinstance(first, Task)
    assert isinstance(second, Task)
    assert first == second
    assert first.run_id is second.run_id
    assert first.ident is second.ident
    assert first.start is second.start


def test_shared_values_are_forgotten_after_a_generation_without_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.dynamo.decode._ROWS", 10)
    item = next(item for item in ITEMS.values() if item.get("Type") == {"S": "run"})
    decoder = Decoder()

    def read(second: int, run: str = "sha256:" + 64 * "a") -> Run:
        renewed = item | {"ID": {"S": run}, "Keepalive": {"S": f"2026-11-01T12:{second // 60:02}:{second % 60:02}Z"}}
        (row,) = decoder.decode([json.dumps(renewed).encode()], [])
        assert isinstance(row, Run)
        return row

    first = read(0)
    later = [read(second) for second in range(1, 1000)]
    assert all(row.start is first.start for row in later)
    assert read(999).keepalive is later[-1].keepalive
    assert read(0).keepalive is not first.keepalive
    assert len(decoder._times) + len(decoder._times._older) < 30


@pytest.mark.parametrize(
    ("item", "args"),
    [
        (b'{"ID":{"S":"sha256:ab"},"Type":{"S":"run"},"User":{"S":"\xff"}}', ("sha256:ab",)),
        (b'{"ID":{"S":"sha256:ab"},"Type":{"S":"task"},"URI":5}', ("sha256:ab",)),
        (b'{"ID":{"S":"\xff"},"Type":{"S":"run"}}', ()),
        (b'{"ID":5,"Type":{"S":"run"}}', ()),
        (b'{"Type":{"S":"run"},"User":{"S":"\xff"}}', ()),
    ],
)
def test_the_error_of_a_row_that_cannot_be_read_names_its_id(item: bytes, args: tuple[str, ...]) -> None:
    errors: list[Error] = []
    assert Decoder().decode([item], errors) == []
    assert [(error.reason, error.args) for error in errors] == [(FailureReason.UNREADABLE, args)]

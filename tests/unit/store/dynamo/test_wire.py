import msgspec
import pytest

from store.dynamo import schema
from store.dynamo.encode import Item as Columns
from store.dynamo.encode import pool_item, run_item, task_item
from store.dynamo.wire import Item, RunItem
from tests.support.rows import NOW, make_pool, make_task, run_id


def test_absent_columns_and_attributes_of_other_types_are_none() -> None:
    item = msgspec.json.decode(b'{"ID": {"S": "x"}, "User": {"N": "5"}, "Future": {"M": {"a": {"S": "b"}}}}', type=Item)
    assert item.ID.S == "x"
    assert [item.User.S, item.Type] == [None, None]


def test_sets_and_lists_of_a_run() -> None:
    run = msgspec.json.decode(b'{"Args": {"SS": ["a"]}, "ArgList": {"L": [{"S": "a"}, {"N": "1"}]}}', type=RunItem)
    assert run.Args.SS == ["a"]
    assert [text.S for text in run.ArgList.L] == ["a", None]


@pytest.mark.parametrize("text", [b'{"ID": "x"}', b'{"ID": {"S": 5}}', b"[]", b'{"Labels": {"SS": "a"}}'])
def test_invalid_dynamodb_json_is_an_error(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=RunItem)


@pytest.mark.parametrize(
    ("written", "known", "unread"),
    [
        # ID4 and RunID4 are parts of the ids, Date is that of Keepalive, and the labels of tasks are those of the run.
        (run_item(run_id(1), "amy", ["a=1"], NOW), RunItem, {"ID4", "Type"}),
        (task_item(make_task(1, 1), ["a=1"], NOW), Item, {"ID4", "RunID4", "Date", "Labels"}),
        (pool_item(make_pool(), NOW), Item, {"ID4", "Date"}),
    ],
    ids=["run", "task", "pool"],
)
def test_every_column_that_is_written_is_read(written: Columns, known: type, unread: set[str]) -> None:
    assert written.keys() - {field.name for field in msgspec.structs.fields(known)} == unread


@pytest.mark.parametrize("known", [Item, RunItem])
def test_columns_are_those_of_the_schema(known: type) -> None:
    names = {field.name for field in msgspec.structs.fields(known)}
    assert names - set(schema.COLUMNS.values()) <= {"ArgList"}

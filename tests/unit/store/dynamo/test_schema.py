"""The definition of the table; test_setup.py holds the indexes against those of the Go code."""

import pytest

from store import Kind
from store.dynamo import schema, wire


def test_every_kind_has_a_column_of_its_own() -> None:
    assert schema.COLUMNS.keys() == set(Kind)
    assert len(set(schema.COLUMNS.values())) == len(Kind)


def test_a_scan_looks_for_digests_in_columns_of_digests() -> None:
    names = {schema.COLUMNS[kind] for kind in schema.DIGEST_KINDS}
    assert names.isdisjoint({"Ident", "URI", "Labels", "User", "Date", "Error", "ID4", "RunID4"})
    for kind, types in schema.DIGEST_KINDS.items():
        columns = wire.RunItem.__struct_fields__ if types == ("run",) else wire.Item.__struct_fields__
        assert schema.COLUMNS[kind] in columns


@pytest.mark.parametrize("name", schema.INDEXES)
def test_an_index_is_named_after_its_keys(name: str) -> None:
    # A query derives the column from the name; SortEnd is what Go calls the range key EndTime.
    partition_key, range_key, _ = schema.INDEXES[name]
    keys = [partition_key, "SortEnd" if range_key == "EndTime" else range_key]
    assert name == "-".join(filter(None, [*keys, "index"]))


def test_the_definition_declares_the_keys_and_no_other_column() -> None:
    # CreateTable refuses an attribute that is no key.
    definition = schema.table_definition("reflow")
    keys = {
        key["AttributeName"]
        for each in (definition, *definition["GlobalSecondaryIndexes"])
        for key in each["KeySchema"]
    }
    declared = [attribute["AttributeName"] for attribute in definition["AttributeDefinitions"]]
    assert declared == sorted(keys)
    assert definition["BillingMode"] == "PAY_PER_REQUEST"
    assert definition["TableName"] == "reflow"
    assert [index["IndexName"] for index in definition["GlobalSecondaryIndexes"]] == list(schema.INDEXES)


def test_one_index_can_be_added_with_the_attributes_that_it_needs() -> None:
    assert schema.attribute_definitions(schema.IDENT_INDEX) == [
        {"AttributeName": name, "AttributeType": "S"} for name in ("EndTime", "ID", "Ident")
    ]
    assert schema.index_definition(schema.IDENT_INDEX) == {
        "IndexName": "Ident-SortEnd-index",
        "KeySchema": [
            {"AttributeName": "Ident", "KeyType": "HASH"},
            {"AttributeName": "EndTime", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Inspect"]},
    }

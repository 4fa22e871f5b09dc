import msgspec
import pytest

from tui.watch.recording.header import Header


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (Header("reflow-prod"), "the table reflow-prod"),
        (Header("reflow-prod", region="us-west-2"), "the table reflow-prod at us-west-2"),
        (
            Header("reflow-prod", region="us-west-2", endpoint="http://localhost:4566"),
            "the table reflow-prod at http://localhost:4566",
        ),
    ],
)
def test_the_place_is_the_table_and_its_endpoint_or_region(header: Header, place: str) -> None:
    assert header.place == place


def test_unset_fields_take_no_room_in_a_file() -> None:
    assert msgspec.json.encode(Header("t", since="1h")) == b'{"table":"t","since":"1h"}'


def test_headers_of_older_and_newer_versions_are_read() -> None:
    # A field that another version does not know has a default, or is skipped.
    assert msgspec.json.decode(b'{"table": "t"}', type=Header) == Header("t")
    assert msgspec.json.decode(b'{"table": "t", "future": [1]}', type=Header) == Header("t")

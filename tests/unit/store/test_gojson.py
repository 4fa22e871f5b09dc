import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import gojson

texts = st.text(st.characters() | st.characters(categories=["Cs"]))
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '""'),
        ("a\"b\\c/'", '"a\\"b\\\\c/\'"'),
        ("\n\r\t", '"\\n\\r\\t"'),
        ("\b\f\x00\x1b", '"\\u0008\\u000c\\u0000\\u001b"'),  # Go has no short form for \b and \f
        ("<a> & b", '"\\u003ca\\u003e \\u0026 b"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("\x7f é 猫 🐈", '"\x7f é 猫 🐈"'),
        ("\ud800 \udfff", '"\\ufffd \\ufffd"'),
        ("\ufffd", '"\\ufffd"'),
    ],
)
def test_strings_are_escaped_as_by_go(text: str, expected: str) -> None:
    assert gojson.string(text) == expected


@given(texts)
def test_a_string_is_read_back_with_surrogates_replaced(text: str) -> None:
    plain = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    encoded = gojson.string(text)
    assert json.loads(encoded) == plain
    assert not set("<>&\u2028\u2029\ufffd") & set(encoded)


@given(texts)
def test_utf8_replaces_lone_surrogates_only(text: str) -> None:
    stored = gojson.utf8(text)
    assert stored.encode().decode() == stored
    assert stored == text or any("\ud800" <= char <= "\udfff" for char in text)


def test_utf8_joins_a_pair_of_surrogates() -> None:
    assert gojson.utf8("\ud83d\udc08") == "🐈"
    assert gojson.utf8("\udc08\ud83d") == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0, "-0"),
        (4.0, "4"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e-6, "0.000001"),
        (9.99e-7, "9.99e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (5e-324, "5e-324"),
        (2**53, "9007199254740992"),
    ],
)
def test_numbers_have_an_exponent_below_a_millionth_and_from_1e21(value: float, expected: str) -> None:
    assert gojson.number(value) == expected


@given(finite)
def test_numbers_are_read_back_unchanged(value: float) -> None:
    assert float(gojson.number(value)) == value
    assert float(json.loads(gojson.number(value))) == value


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_infinities_and_nan_are_no_json(value: float) -> None:
    with pytest.raises(ValueError, match="has no JSON form"):
        gojson.number(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (-1.5e-7, "-1.5e-07"),
        (1e100, "1e+100"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_general_numbers_have_two_digits_of_exponent(value: float, expected: str) -> None:
    assert gojson.general(value) == expected


@given(finite)
def test_general_numbers_are_read_back_unchanged(value: float) -> None:
    assert float(gojson.general(value)) == value


def test_valid_json_values() -> None:
    value = {"a\ud800": (1, 2.5, None, True), "b": {"c": ["\udfff"]}}
    assert gojson.valid(value) == {"a\ufffd": [1, 2.5, None, True], "b": {"c": ["\ufffd"]}}


@pytest.mark.parametrize("value", [math.inf, math.nan, 1 << 64, -(1 << 63) - 1, b"", {1: 2}, {"a": [{1}]}])
def test_values_that_json_cannot_hold(value: object) -> None:
    with pytest.raises(ValueError, match="has no JSON form"):
        gojson.valid([value])

"""Values end where they should, and those that say nothing are told from secrets."""

import pytest

from tui.text.secrets.secret_values import has_digit, is_harmless, is_path, value_at


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("hunter2 and", "hunter2"),
        ("hunter2, and", "hunter2"),
        ('"two words" and', "two words"),
        (r'"a\"b" and', r"a\"b"),
        ("'it''s' and", "it''s"),
        (r"\"x y\" and", "x y"),
        ("&quot;x y&quot; and", "x y"),
        ("b'x y'", "x y"),
        ("['a', 'b'] and", "'a', 'b'"),
        ("a&b=1", "a"),
        ("a&b", "a&b"),
        ("a;b=1", "a"),
        ('hun"ter2 and', 'hun"ter2'),
        ("!!str x y", "x"),
        ('"never ends\nmore', "never ends"),
    ],
)
def test_the_end_of_a_value(text: str, value: str) -> None:
    span = value_at(text, 0)
    assert span is not None
    assert text[slice(*span)] == value


@pytest.mark.parametrize("text", ["", " x", "{'a': 'b'}", '""'])
def test_texts_without_a_value(text: str) -> None:
    assert value_at(text, 0) is None


def test_an_encoded_value_ends_at_an_encoded_sign() -> None:
    text = "hunter2%26x"
    span = value_at(text, 0, is_encoded=True)
    assert span is not None
    assert text[slice(*span)] == "hunter2"


@pytest.mark.parametrize(
    "value", ["", "null", "None", "$PASSWORD", "${PASSWORD}", "***", "<password>", "{{ x }}", "%s"]
)
def test_harmless_values(value: str) -> None:
    assert is_harmless(value)


@pytest.mark.parametrize("value", ["x", "$ecret", "${PASSWORD:-hunter2}", "nullx", "*" * 400 + "x"])
def test_values_that_may_be_secrets(value: str) -> None:
    assert not is_harmless(value)


def test_paths_and_digits() -> None:
    assert is_path("/home/amy/key.pem")
    assert is_path("~/.ssh/id_rsa")
    assert not is_path("hunter2")
    assert has_digit("hunter2")
    assert not has_digit("hunter")

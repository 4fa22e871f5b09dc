import json

import pytest

from tui.text.json_text import encoded, is_masking, json_text, mask_secrets, masked


def test_json_has_no_character_that_a_terminal_acts_upon() -> None:
    text = "".join(map(chr, range(0x400))) + "\u202e\u200b\U000e0041\ud800😀"
    found = json_text({text: [text]})
    assert found.isascii()
    assert found.isprintable()
    assert json.loads(found) == {text: [text]}


def test_indented_json_has_line_ends_and_no_other_control() -> None:
    assert json_text({"a": "\x7f\n"}, indent=2) == '{\n  "a": "\\u007f\\n"\n}'


def test_secrets_are_masked_at_any_depth_while_the_user_asks_for_that(request: pytest.FixtureRequest) -> None:
    value = {"rows": [{"args": ["--password", "hunter2x"], "n": 3}], "token=hunter2x": None}
    assert (is_masking(), masked(value)) == (False, value)
    assert json.loads(json_text(value)) == value
    request.addfinalizer(lambda: mask_secrets(False))
    mask_secrets()
    expected = {"rows": [{"args": ["--password", "[redacted]"], "n": 3}], "token=[redacted]": None}
    assert (is_masking(), masked(value)) == (True, expected)
    assert json.loads(json_text(value)) == expected
    assert json.loads(encoded(value)) == value

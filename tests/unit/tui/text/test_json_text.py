import json

from tui.text.json_text import json_text


def test_json_has_no_character_that_a_terminal_acts_upon() -> None:
    text = "".join(map(chr, range(0x400))) + "\u202e\u200b\U000e0041\ud800😀"
    found = json_text({text: [text]})
    assert found.isascii()
    assert found.isprintable()
    assert json.loads(found) == {text: [text]}


def test_indented_json_has_line_ends_and_no_other_control() -> None:
    assert json_text({"a": "\x7f\n"}, indent=2) == '{\n  "a": "\\u007f\\n"\n}'

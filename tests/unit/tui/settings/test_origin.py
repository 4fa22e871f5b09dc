"""Origins of settings."""

from tui.settings.origin import Origin, find_key_lines


def test_key_lines_of_every_kind_of_value() -> None:
    text = '''\
a = """
b = 1
"""  # comment
"c d".e = [
  "[x]", # f = 1
  'g = 2',
]

[ t . "u.v" ]
w = { x = 1, y = { z = 2 } }

[[many]]
one = 1
[[many]]
'''
    assert find_key_lines(text) == {
        "a": 1,
        "c d": 4,
        "c d.e": 4,
        "t": 9,
        "t.u.v": 9,
        "t.u.v.w": 10,
        "t.u.v.w.x": 10,
        "t.u.v.w.y": 10,
        "t.u.v.w.y.z": 10,
        "many": 12,
    }
    assert find_key_lines('\r\na = 1\r\nb = "\u2028"\r\n\r\nc = 1') == {"a": 2, "b": 3, "c": 5}


def test_origin_names_the_line_in_the_file() -> None:
    origin = Origin("config.toml", "keys.pause", '# keys\n[keys]\npause = "P"\n')
    assert origin.place == "config.toml:3"
    assert str(origin) == "config.toml:3: keys.pause"


def test_origin_without_a_line() -> None:
    assert str(Origin("--table")) == "--table"
    assert Origin("config.toml", "missing", "a = 1").place == "config.toml"

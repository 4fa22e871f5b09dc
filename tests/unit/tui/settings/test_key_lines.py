import pytest

from tui.settings.key_lines import find_key_lines


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


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('a = """x""""\nb = 1\n', {"a": 1, "b": 2}),
        ("a = '''x''''\nb = 1\n", {"a": 1, "b": 2}),
        ("a = '''\n#[\n'''\nb = 1\n", {"a": 1, "b": 4}),
        ('a = "\\"#["  # [\nb = 1', {"a": 1, "b": 2}),
        ("a = '#['\nb = {x = [1,\n2]}\n", {"a": 1, "b": 2, "b.x": 2}),
        ("# a = 1\n\n  b = 1 # [\n", {"b": 3}),
        ("", {}),
    ],
)
def test_strings_and_comments_hide_brackets(text: str, lines: dict[str, int]) -> None:
    assert find_key_lines(text) == lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("".join(f"x{i} = 1\n" for i in range(20_000)), 20_001),
        ("".join(f'[clusters.c{i}]\ntable = "t"\nbucket = "b"\n' for i in range(5000)), 15_001),
        ("[columns]\nruns = [\n" + '"x",\n' * 100_000 + "]\n", 100_004),
        ('filter = """\n' + "x\n" * 100_000 + '"""\n', 100_003),
    ],
)
def test_long_files_take_linear_time(text: str, line: int) -> None:
    """A parse of each prefix would take minutes."""
    keys = find_key_lines(f"{text}last = 1\n")
    assert max(keys.values()) == line

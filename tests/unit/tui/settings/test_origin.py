"""Origins of settings."""

from tui.settings.origin import Origin


def test_origin_names_the_line_in_the_file() -> None:
    origin = Origin("config.toml", "keys.pause", '# keys\n[keys]\npause = "P"\n')
    assert origin.place == "config.toml:3"
    assert str(origin) == "config.toml:3: keys.pause"


def test_origin_without_a_line() -> None:
    assert str(Origin("--table")) == "--table"
    assert Origin("config.toml", "missing", "a = 1").place == "config.toml"

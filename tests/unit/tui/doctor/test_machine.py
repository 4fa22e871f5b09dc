import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tui.doctor import machine
from tui.terminal.clipboard import Clipboard

UTF8 = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


def test_the_interpreter_is_named_with_the_versions_of_bug_reports() -> None:
    result = machine.check_interpreter()
    assert {"reflowtop", "textual", "botocore"} <= result.data["versions"].keys()


@pytest.mark.parametrize(
    ("environ", "size", "status", "part"),
    [
        (UTF8, (120, 40), "ok", "120x40, TERM=xterm-256color, 256 colours, UTF-8"),
        (UTF8, (79, 24), "warning", "enlarge it to 80x24"),
        (UTF8, None, "skipped", "none here"),
        ({**UTF8, "TERM": "dumb"}, (80, 24), "warning", "TERM=dumb cannot be drawn on"),
        ({"LANG": "C.UTF-8"}, (80, 24), "warning", "TERM=(not set)"),
        ({"TERM": "xterm", "LANG": "C"}, (80, 24), "warning", "16 colours, drawn in ASCII (LANG=C); set LANG=C.UTF-8"),
        ({**UTF8, "TMUX": "/tmp/x,1,0"}, (80, 24), "ok", "in tmux"),
        ({**UTF8, "NO_COLOR": "1"}, (80, 24), "ok", "no colours (NO_COLOR)"),
    ],
)
def test_terminals(environ: dict[str, str], size: tuple[int, int] | None, status: str, part: str) -> None:
    result = machine.check_terminal(environ, size, is_ascii=None)
    assert (result.status, part in result.text) == (status, True), result.text


def test_ascii_that_the_user_chose_is_no_warning() -> None:
    assert machine.check_terminal(UTF8, (80, 24), is_ascii=True).status == "ok"


@pytest.mark.parametrize(
    ("environ", "colors"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm"}, 1 << 24),
        ({"TERM": "screen-256color"}, 256),
        ({"TERM": "xterm"}, 16),
    ],
)
def test_colours_are_counted_as_textual_does(environ: dict[str, str], colors: int) -> None:
    assert machine.count_colors(environ) == colors


@pytest.mark.parametrize(
    ("environ", "way", "size", "status", "part"),
    [
        (UTF8, Clipboard.AUTO, (80, 24), "ok", "OSC 52"),
        ({**UTF8, "VTE_VERSION": "7200"}, Clipboard.AUTO, (80, 24), "warning", "copies go to a file"),
        (UTF8, Clipboard.OFF, (80, 24), "ok", "off"),
        (UTF8, Clipboard.AUTO, None, "skipped", "no terminal"),
    ],
)
def test_clipboards(
    environ: dict[str, str], way: Clipboard, size: tuple[int, int] | None, status: str, part: str
) -> None:
    result = machine.check_clipboard(environ, way, size)
    assert (result.status, part in result.text) == (status, True), result.text


@pytest.mark.parametrize(("option", "status"), [(b"off\n", "warning"), (b"external\n", "ok"), (b"", "ok")])
def test_tmux_is_asked_whether_it_passes_copies_on(option: bytes, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: SimpleNamespace(stdout=option))
    assert machine.check_clipboard({**UTF8, "TMUX": "x"}, Clipboard.AUTO, (80, 24)).status == status


def test_tmux_that_is_missing_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert machine.check_clipboard(UTF8, Clipboard.TMUX, (80, 24)).status == "warning"


def test_a_state_folder_is_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    result = machine.check_state_folder()
    assert result.status == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_that_cannot_be_written_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    result = machine.check_state_folder()
    assert (result.status, "acknowledged findings" in result.found) == ("warning", True)


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + "/y"])
def test_a_state_folder_whose_name_is_too_long_is_a_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", f"/tmp/{name}")
    result = machine.check_state_folder()
    assert (result.status, "File name too long" in result.found) == ("warning", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search every folder")
def test_a_state_folder_that_cannot_be_searched_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "closed"))
    result = machine.check_state_folder()
    assert (result.status, "is not writable" in result.found) == ("warning", True)

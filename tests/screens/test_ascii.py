"""Drawing with ASCII alone."""

import ast
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len

from store import Liveness
from tests.support.dashboard import Dashboard
from tests.support.list_commands import run_list
from tests.support.terminal import Terminal
from tests.support.tour import TourDB, tour
from tui.text import ascii as glyphs
from tui.text.ascii import to_ascii
from tui.watch.model.states import State, liveness_facts

ROOT = Path(__file__).parents[2]


async def test_everything_is_drawn_in_ascii() -> None:
    """Also what stands in rows, and what Textual draws by itself."""
    texts: dict[str, str] = {}
    async with Dashboard(TourDB(" é⛔ …"), ascii=True, preview="half").shown() as top:
        async for place in tour(top):
            texts[place] = top.text
            assert top.text.isascii(), place
    assert "> 01010101  amy      align ???.." in texts["runs"]
    assert "! failing" in texts["runs"]
    assert "runs >  run 01010101" in texts["run"]
    assert "+ a2" in texts["pools"]
    assert "|| paused . data 0s old" in texts["paused"]
    assert "x lost" in texts["all runs"]


async def test_elsewhere_signs_are_signs() -> None:
    async with Dashboard(TourDB()).shown() as top:
        assert "▲ failing" in top.text


def test_states_differ_in_ascii() -> None:
    signs = {state.glyph for state in State} | {liveness_facts(alive).glyph for alive in Liveness}
    assert len({to_ascii(sign) for sign in signs}) == len(signs)


def literals() -> set[str]:
    """Every sign beyond ASCII that stands in the program text, but for what only documents it.

    Words in which secrets are sought, in many languages, are never drawn.
    """
    found: set[str] = set()
    secrets = ROOT / "tui" / "text" / "secrets"
    for path in (path for path in (ROOT / "tui").rglob("*.py") if secrets not in path.parents):
        tree = ast.parse(path.read_bytes())
        documents = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                found.update(char for char in node.value if char.isprintable() and not char.isascii())
    return found


# What stands for a character that cannot be shown is for text of others; it may become a question mark.
def test_each_sign_of_ours_has_a_stand_in() -> None:
    lacking = {sign for sign in literals() - {"�", "␡"} if to_ascii(sign) == "?" * cell_len(sign)}
    assert {sign for sign in lacking if unicodedata.category(sign) not in ("Mn", "Lo", "Cf")} == set(), (
        "add them to tui/text/ascii.py"
    )


@pytest.mark.parametrize(
    ("text", "stands_for_it"),
    [
        ("plain", "plain"),
        ("cut…", "cu.."),
        ("…cut", ".cut"),
        ("Reading …", "Reading.."),
        ("┌─┬┐│╭╯═║", "+-+++"[:4] + "|++-|"),
        ("é e\u0301", "? e"),
        ("漢字", "????"),
        ("▁▂▃▄▅▆▇█", "_.,-=+*#"),
        ("␛[31m", "?[31m"),
    ],
)
def test_stand_ins_have_the_width_of_the_original(text: str, stands_for_it: str) -> None:
    assert to_ascii(text) == stands_for_it
    assert cell_len(text) == cell_len(stands_for_it)
    for sign, other in glyphs._STAND_INS.items():
        assert other.isascii()
        assert cell_len(sign) == len(other)


@pytest.mark.parametrize(("locale", "term"), [("C", "xterm"), ("C.UTF-8", "linux-16color")])
def test_a_terminal_without_other_signs_gets_none(locale: str, term: str) -> None:
    terminal = Terminal(LC_ALL=locale, TERM=term)
    try:
        terminal.wait_for(b"help")
        terminal.press("?")
        terminal.wait_for(b"next page")
        terminal.press("\x03")
        terminal.exit_code()
        assert terminal.output.isascii()
    finally:
        terminal.end()


async def test_ps_prints_ascii(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    await run_list("ps", TourDB(" é"), "table", ascii=True)
    table = capsys.readouterr().out
    assert table.isascii()
    assert "align_?" in table
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await run_list("ps", TourDB(" é"), "table", ascii=True)
    table = capsys.readouterr().out
    assert table.isascii()
    assert "! failing" in table
    assert "align ?" in table

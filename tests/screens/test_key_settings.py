"""Keys and columns from the settings."""

from tests.support.dashboard import Dashboard, cluster
from tests.support.tour import TourDB

# Keys


async def test_chosen_keys_run_a_command() -> None:
    async with Dashboard(cluster(), keys={"pools": ("P", "?"), "help": ("f1",), "pause": ()}).shown() as top:
        assert "P pools" in top.lines[-1]
        assert "f1 help" in top.lines[-1]
        assert "pause" not in top.lines[-1]
        await top.press("p", "3")
        assert top.where.startswith("runs")
        await top.press("question_mark")
        assert "POOL / ALLOC" in top.text
        await top.press("escape", "space")
        assert "paused" not in top.text
        await top.press("f1", "slash", *":pools", "enter")
        assert top.line("Hosts").startswith("P ? pools")
        await top.press("q", "colon", *"pause", "enter")
        assert "paused" in top.text


async def test_messages_name_the_chosen_keys() -> None:
    keys = {"help": ("f1",), "filter": ("f2",), "back": ("f3",), "sort": (), "step-back": ("f6",), "at": ()}
    async with Dashboard(cluster(), keys=keys).shown() as top:
        await top.answer("f2", "nothing")
        assert "f2 changes the filter, f3 clears it" in top.text
        await top.answer("colon", "nosuch")
        assert "no command 'nosuch'; f1 lists them" in top.text
        await top.press("escape", "z")
        assert "z has no function here; f1 lists the keys" in top.lines[-1]
        await top.press("R")
        assert "sorted worst first; :sort sorts by a column" in top.lines[-1]
        await top.press("full_stop")
        assert "showing current state; f6 goes back" in top.lines[-1]
        await top.press("plus")
        assert "showing current state; f6 and :at go back in time" in top.lines[-1]


async def test_the_message_of_a_terminal_without_room_for_a_preview_names_the_chosen_key() -> None:
    async with Dashboard(cluster(), keys={"open": ("o",)}).shown(80, 24) as top:
        await top.press("v")
        assert "this terminal has 80x24; o opens the row" in top.text


async def test_keys_move_as_they_were_chosen_on_every_screen() -> None:
    keys = {"table.cursor_down": ("down", "ctrl+n"), "table.cursor_up": ("up", "ctrl+o"), "open": ("o",)}
    async with Dashboard(cluster(), keys=keys).shown(height=80) as top:
        await top.press("j")
        assert top.line("▸").split()[1] == "01010101"
        await top.press("ctrl+n")
        assert top.line("▸").split()[1] == "03030303"
        await top.press("ctrl+o", "question_mark")
        assert "↓ ^n      " in top.text
        await top.press("escape", "o")
        assert "run 01010101" in top.where
        await top.press("o")
        assert "task 00000000" in top.where


async def test_a_key_of_a_special_screen_stays_there() -> None:
    """The log screen has an `e` of its own, also when the settings give other keys to failures."""
    async with Dashboard(TourDB(), keys={"failures": ("e", "z")}).shown() as top:
        await top.press("l", "e")
        assert "log" in top.where
        await top.press("z")
        assert "failures" in top.where


async def test_without_settings_screens_share_their_bindings() -> None:
    async with Dashboard(cluster()).shown() as top:
        assert "commands" not in vars(top.app.screen)


# Columns


async def test_a_list_has_the_columns_that_were_chosen_in_their_order() -> None:
    columns = {"runs": ("state", "run", "tasks"), "tasks": ("ident", "run")}
    async with Dashboard(cluster(), columns=columns).shown() as top:
        assert top.line("TASKS") == "STATE RUN TASKS"
        await top.press("greater_than_sign")
        assert top.line("TASKS") == "STATE↑ RUN TASKS"
        await top.press("colon", *"sort", "space", *"user", "enter")
        assert "no column 'user' to sort by: use state, run, tasks" in " ".join(top.text.split())
        await top.press("escape", "enter")
        assert top.line("IDENT") == "IDENT"
        await top.press("e", "enter")
        assert top.line("IDENT") == "IDENT RUN"
        await top.press("1", "p")
        assert "LEASE" in top.text

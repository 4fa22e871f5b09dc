"""One meaning for each name, one idea for each module."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for top in ("store", "tui") for path in (ROOT / top).rglob("*.py"))
NAMED = [path for path in MODULES if path.stem not in ("__init__", "__main__")]

# Modules of one name are allowed where the name is one thing in several layers: its rows, its screen, its command.
LAYERS = {"lists", "screens", "commands"}
SAME_THING = {
    "taskdb": "the interface, and its implementation on DynamoDB",
    "setup": "of the table and bucket, and its command",
    "inspect": "the inspect object of an exec, and its command",
    "replay": "the replay of a recording, and its command",
    "settings": "the settings, and the command that prints them",
    "note": "the action of the dashboard, and its command",
    "compare": "the action of the dashboard, and its command",
    "handoff": "the action of the dashboard, and its command",
    "share": "the action of the dashboard, and its command",
    "prices": "the prices of hosts, and the command that shows and sets them",
    "findings": "the findings, their rows and their screen",
    "session": "of AWS, and of the user: both are the usual word",
    "durations": "text of durations, and the usual durations of idents",
}
# Classes of one name are allowed where a caller is to find the same thing in two modules.
SAME_CLASS = {"TaskDB": "the asynchronous interface in store, and the same methods that wait in store.blocking"}
# A command is a module of its own, however short.
COMMANDS = ROOT / "tui" / "commands"
# Short modules that only one other module uses, because they are one idea with a test of their own.
SHORT = {
    "tui/watch/polling/index_lag.py": "a measurement, apart from the reads that use it",
    "tui/metrics/label_cap.py": "the rule for label values, apart from the metrics",
    "tui/crash_report.py": "used when an exit status reports a crash",
    "tui/export/formats/markdown_table.py": "one module for each kind of format",
    "tui/watch/model/lost_rows.py": "loaded with the first rows",
    "tui/watch/model/merge.py": "the rule for merging two reads of a row",
    "tui/demo/service_process.py": "the main module of a process",
    "tui/widgets/ascii_filter.py": "loaded only in terminals that show ASCII",
    "tui/widgets/key_queue.py": "an app class of its own, and a fix for Textual",
    "tui/widgets/text_page.py": "a scrolled text with the keys of less",
    "tui/screens/preview/task_preview.py": "one module for each subject of a preview",
    "tui/screens/actions/describe.py": "loaded when d is first pressed",
    "tui/screens/actions/note.py": "loaded when N is first pressed",
    "tui/screens/actions/preview_size.py": "loaded when v is first pressed",
}


def short_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class Names(NamedTuple):
    """The names that a module defines, and those of the modules that it may import."""

    classes: list[str]
    functions: list[str]
    imported: list[str]


@cache
def read_names() -> dict[Path, Names]:
    """The names in each module."""
    found = {path: Names([], [], []) for path in MODULES}
    for path, names in found.items():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef):
                names.classes.append(node.name)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names.functions.append(node.name)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.imported.extend((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return found


def test_a_class_name_is_used_once() -> None:
    places = defaultdict(list)
    for path, found in read_names().items():
        for name in found.classes:
            places[name].append(short_name(path))
    repeated = {name: paths for name, paths in places.items() if len(paths) > 1 and name not in SAME_CLASS}
    assert not repeated, "give each class a name of its own, or add the reason to SAME_CLASS"


def test_a_module_name_is_one_thing() -> None:
    places = defaultdict(set)
    for path in NAMED:
        places[path.stem].add(path.relative_to(ROOT).parts[1])
    repeated = {
        name: folders
        for name, folders in places.items()
        if len([path for path in NAMED if path.stem == name]) > 1 and not folders <= LAYERS and name not in SAME_THING
    }
    assert not repeated, "rename one of the modules, or add the reason to SAME_THING"


def test_functions_have_verbs_for_names() -> None:
    named_of = [short_name(path) for path, found in read_names().items() if "of" in (*found.functions, *found.classes)]
    assert not named_of, "a function called `of` does not say what it does"


def test_modules_are_small_rooms() -> None:
    long = [short_name(path) for path in MODULES if len(path.read_text("utf-8").splitlines()) > 400]
    assert not long, "split a second idea out"
    assert len([path for path in NAMED if path.parent == ROOT / "tui"]) <= 12, "move modules into a folder of tui"


def test_short_modules_are_shared_or_stand_for_an_idea() -> None:
    modules = {short_name(path).removesuffix(".py").replace("/", "."): path for path in NAMED}
    users = defaultdict(set)
    for path, found in read_names().items():
        for name in modules.keys() & found.imported:
            users[name].add(path)
    short = {
        short_name(path)
        for name, path in modules.items()
        if len(path.read_text("utf-8").splitlines()) < 40 and len(users[name]) <= 1 and path.parent != COMMANDS
    }
    assert short <= SHORT.keys(), "merge the module into its only user, or add the reason to SHORT"


def test_four_of_five_modules_have_a_test_module_of_their_name() -> None:
    """`tui/lists/runs.py` is tested by `tests/unit/tui/lists/test_runs.py`, a screen also by `tests/screens/`."""

    def is_tested(path: Path) -> bool:
        name = f"test_{path.name}"
        places = [ROOT / "tests" / "unit" / path.relative_to(ROOT).parent]
        if path.is_relative_to(ROOT / "tui"):
            places.append(ROOT / "tests" / "screens")
        return any((place / name).is_file() for place in places)

    untested = [short_name(path) for path in NAMED if not is_tested(path)]
    assert len(untested) <= len(NAMED) / 5, f"add a test module for some of {', '.join(untested)}"

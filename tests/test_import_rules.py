"""The arrows between the parts of the house, read from the import statements."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for top in ("store", "tui") for path in (ROOT / top).rglob("*.py"))

# Who may import what of tui, from the bottom to the top. A name stands for a module or a package of tui.
LAYERS = (
    {"when", "present", "settings", "watch", "crash", "filter", "glyphs", "multiplexer", "redaction"},
    {"logs"},
    {"widgets", "failures", "connect", "theme", "terminal", "clipboard", "notify", "invocation"},
    {"run_list", "task_list", "finding_list", "pool_list", "ident_list"}
    | {"activity", "timeline", "records", "copyable", "marked"},
    {"incident"},
    {"screens", "plain", "log_commands", "show_settings", "watch_command", "record_command", "share"},
    {"app"},
    {"replay_command"},
    {"cli", "demo", "__main__"},
)
# What a part may import of others in its own layer.
SIDEWAYS = {
    ("settings", "when"),
    ("settings", "filter"),
    ("settings", "glyphs"),
    ("records", "run_list"),
    ("task_list", "run_list"),
    ("finding_list", "task_list"),
    ("pool_list", "task_list"),
    ("ident_list", "run_list"),
    ("copyable", "task_list"),
    ("marked", "run_list"),
    ("share", "plain"),
    ("cli", "demo"),
    ("__main__", "cli"),
}
DRAWING = ("app", "screens", "widgets", "theme")


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """The names of the modules that `path` imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imported(path: Path, *tops: str) -> set[str]:
    return {module for module in imports(path) for top in tops if module == top or module.startswith(f"{top}.")}


def parts(modules: set[str]) -> set[str]:
    """The parts of tui that `modules` are in."""
    return {module.split(".")[1] for module in modules if "." in module}


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("store")], ids=name)
def test_store_knows_nothing_of_screens(path: Path) -> None:
    assert not imported(path, "tui", "textual", "rich", "humanize", "click")


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("tui")], ids=name)
def test_only_what_draws_imports_textual(path: Path) -> None:
    part = name(path).split(".")[1:2]
    if not part or part[0] not in DRAWING:
        assert not imported(path, "textual")


@pytest.mark.parametrize("path", sorted((ROOT / "tui" / "watch").rglob("*.py")), ids=name)
def test_watch_rests_on_store_alone(path: Path) -> None:
    assert parts(imported(path, "tui")) <= {"watch"}
    assert not imported(path, "rich", "humanize", "click")


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("tui.")], ids=name)
def test_nothing_imports_upward(path: Path) -> None:
    own = name(path).split(".")[1]
    (layer,) = (index for index, layer in enumerate(LAYERS) if own in layer)
    below: set[str] = set().union(*LAYERS[:layer])
    sideways = {other for one, other in SIDEWAYS if one == own}
    known = set().union(*LAYERS)
    assert parts(imported(path, "tui")) & known <= below | sideways | {own}


def test_no_module_leads_back_to_itself() -> None:
    """Also not by an import inside a function: that would only hide the circle."""
    paths = {name(path): path for path in MODULES}
    graph = {module: imported(path, "store", "tui") & paths.keys() - {module} for module, path in paths.items()}
    # A package only gathers names: what it leads to is what is taken from it.
    graph = {module: others for module, others in graph.items() if paths[module].name != "__init__.py"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("tui.watch")], ids=name)
def test_screens_of_the_store_are_reached_by_its_public_names(path: Path) -> None:
    """What stands in `store.__init__` is there to be used; the times, the lease and what failures mean come with it."""
    allowed = {"store", "store.failures", "store.lease", "store.times"}
    modules = {node.module for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)}
    assert {module for module in modules if module and module.split(".")[0] == "store"} <= allowed

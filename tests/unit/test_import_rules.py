"""The direction of imports, folder by folder."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for top in ("store", "tui") for path in (ROOT / top).rglob("*.py"))

# The folders and modules of tui from the bottom to the top: each may import those before it, and no other.
LAYERS = (
    *("text", "watch", "query", "settings", "terminal", "cost", "lists", "logs", "export", "metrics", "widgets"),
    *("crash_report", "exit_status", "connect", "doctor", "theme", "screens", "app", "demo", "commands", "cli"),
    "__main__",
)
# Exceptions: lower parts that a part may not import all the same.
FORBIDDEN = {part: {"watch"} for part in ("text", "query", "settings", "terminal")}
FORBIDDEN |= {"commands": {"screens", "widgets"}}
# Libraries that only these parts may import.
ONLY_IN = {"textual": {"app", "screens", "widgets", "theme"}, "prometheus_client": {"metrics", "commands"}}


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> frozenset[str]:
    """The names of the modules that `path` imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            found.update((module, *(f"{module}.{alias.name}" for alias in node.names)))
    return frozenset(found)


def imported(path: Path, *tops: str) -> set[str]:
    return {module for module in imports(path) for top in tops if module == top or module.startswith(f"{top}.")}


def part(module: str) -> str:
    """The folder or module of tui that `module` is in."""
    return module.split(".")[1]


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("store")], ids=name)
def test_store_imports_nothing_of_the_dashboard(path: Path) -> None:
    forbidden = imported(path, "tui", "textual", "rich", "humanize", "click")
    assert not forbidden, f"store is a library of its own: move what {name(path)} needs of {forbidden} into store"


@pytest.mark.parametrize("path", [path for path in MODULES if name(path).startswith("tui.")], ids=name)
def test_imports_point_down(path: Path) -> None:
    own = part(name(path))
    allowed = {*LAYERS[: LAYERS.index(own) + 1]} - FORBIDDEN.get(own, set())
    used = {part(module) for module in imported(path, "tui") if "." in module} & {*LAYERS}
    assert used <= allowed, (
        f"{name(path)} imports {used - allowed}, but `{own}` may import only {', '.join(sorted(allowed))}: move the "
        f"code that both need down, or pass a value instead of importing it"
    )
    for library, parts in ONLY_IN.items():
        assert own in parts or not imported(path, library), f"only {', '.join(sorted(parts))} may import {library}"


@pytest.mark.parametrize("path", sorted((ROOT / "tui" / "watch").rglob("*.py")), ids=name)
def test_watch_imports_only_the_public_store(path: Path) -> None:
    allowed = {
        "store",
        "store.aws.error_mapping",
        "store.aws.failure_causes",
        "store.lease",
        "store.regular_file",
        "store.time_slices",
        "store.times",
    }
    modules = {node.module for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)}
    used = {module for module in modules if module and module.split(".")[0] == "store"}
    assert used <= allowed, f"import {used - allowed} of store by the names that `store` exports"
    assert not imported(path, "rich", "humanize", "click")


@pytest.mark.parametrize("path", sorted((ROOT / "tui" / "watch").rglob("*.py")), ids=name)
def test_watch_imports_only_redaction_of_text(path: Path) -> None:
    used = imported(path, "tui.text") - {"tui.text.redaction", "tui.text.redaction.redact"}
    assert not used, f"watch is about data, not about its looks: move what {name(path)} needs of {used}"


def test_no_module_imports_itself_through_others() -> None:
    """Not by an import inside a function either: that would only hide the circle."""
    paths = {name(path): path for path in MODULES}
    graph = {module: imported(path, "store", "tui") & paths.keys() - {module} for module, path in paths.items()}
    # A package only gathers names: what it leads to is what is taken from it.
    graph = {module: others for module, others in graph.items() if paths[module].name != "__init__.py"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail("break this circle of imports: " + " -> ".join(circle.args[1]))

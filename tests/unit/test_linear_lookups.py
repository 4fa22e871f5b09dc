"""No module looks up a value in a deque of its own: that visits every value, at each of thousands of rows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for top in ("store", "tui") for path in (ROOT / top).rglob("*.py"))


def deques(tree: ast.AST) -> set[str]:
    """The names that are annotated as a deque, or assigned one."""
    annotated = [(each.target, each.annotation) for each in ast.walk(tree) if isinstance(each, ast.AnnAssign)]
    assigned = [(each.targets[0], each.value) for each in ast.walk(tree) if isinstance(each, ast.Assign)]
    return {
        ast.unparse(target)
        for target, made in [*annotated, *assigned]
        if ast.unparse(made).startswith(("deque", "collections.deque"))
    }


def lookups(tree: ast.AST) -> set[str]:
    """The names that a value is looked up in."""
    return {
        ast.unparse(container)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for operator, container in zip(node.ops, node.comparators, strict=True)
        if isinstance(operator, ast.In | ast.NotIn)
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_value_is_looked_up_in_a_deque(path: Path) -> None:
    source = path.read_bytes()
    if b"deque" not in source:
        return
    tree = ast.parse(source)
    slow = deques(tree) & lookups(tree)
    assert not slow, f"`in` visits each value of {', '.join(sorted(slow))}: use a set or an OrderedDict"

"""Docstrings and comments are plain English: see .github/CONTRIBUTING.md, section Prose."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = sorted(path for top in ("store", "tui", "tests", "screenshots") for path in (ROOT / top).rglob("*.py"))
MARKDOWN = [
    *ROOT.glob("*.md"),
    *(path for top in ("store", "tui", "tests", ".github") for path in (ROOT / top).rglob("*.md")),
]
# Docstrings that begin so describe a riddle, not a thing.
RIDDLES = re.compile(r"(What|That|Those|How|Why|Where|When|Whose|Which|If|It|All of it|All that|Whether or not)\b")
WORDS = re.compile(r"\b(some[b]ody|who[e]ver|a[n]ew)\b", re.IGNORECASE)


@cache
def docstrings() -> list[tuple[str, str]]:
    """The docstrings of store and tui, each with its place."""
    found = []
    for path in PYTHON:
        if path.relative_to(ROOT).parts[0] in ("store", "tui"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if text := ast.get_docstring(node):
                    found.append((f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}", text))
    return found


def test_docstrings_say_what_a_thing_is_or_does() -> None:
    riddles = [f"{place}: {text.splitlines()[0]}" for place, text in docstrings() if RIDDLES.match(text)]
    assert not riddles, "begin with a noun, or with a verb in the imperative"


def test_few_docstrings_only_restate_a_name() -> None:
    short = [place for place, text in docstrings() if len(text) < 25]
    assert len(short) < 60, "say more, or drop the docstring of an override or a private helper"


def test_actors_have_names() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*PYTHON, *MARKDOWN)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if WORDS.search(line)
    ]
    assert not found, "name the actor: the user, the poller, the writer"

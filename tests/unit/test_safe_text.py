"""Only one door leads to the terminal: texts of others become `SafeText` or `Content` there, or are never shown.

mypy refuses a plain `str` wherever `SafeText` is wanted. These tests refuse the ways around that.
"""

import ast
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "tui").rglob("*.py"))}

# The modules that may declare a text to be safe, and how they know.
MAKE_SAFE_TEXT = {
    "tui/text/safe.py": "the door itself",
    "tui/text/safe_text.py": "joins safe texts",
    "tui/commands/help.py": "texts of our own modules, which --help prints without loading the door",
    "tui/commands/flags.py": "our own version",
    "tui/text/json_text.py": "JSON in ASCII has no control characters but DEL, which it escapes",
    "tui/text/paint.py": "adds our own colours to safe text",
    "tui/terminal/narration.py": "the sequence that erases a line",
    "tui/terminal/notify.py": "our own sequences around safe fields",
    "tui/terminal/clipboard.py": "our own sequence around base64",
    "tui/logs/printer.py": "renders a style that was parsed from well-formed colours",
    "tui/export/formats/csv_rows.py": "quotes safe cells",
    "tui/export/formats/drawn_lines.py": "aligns safe cells",
    "tui/export/formats/json_objects.py": "punctuation between pieces of JSON",
    "tui/export/formats/markdown_table.py": "escapes and punctuation in safe cells",
    "tui/text/wrapping.py": "cuts safe lines at blanks",
    "tui/commands/describe.py": "indents safe lines",
    "tui/commands/doctor.py": "wraps and indents a safe line",
    "tui/commands/settings.py": "aligns safe cells",
}
# The modules that may write: all others call these, with safe text.
PRINT = {"tui/terminal/output.py", "tui/terminal/narration.py"}
WRITE_TO_TERMINAL = {"tui/widgets/textual_private.py"}
# Makes Contents of texts, and notifies.
SHOW = {"tui/widgets/content.py"}
# Draws segments of safe text, or of text that was drawn before.
DRAW = {f"tui/widgets/{name}.py" for name in ("ascii_filter", "drawn_table", "log_line", "log_view")}
# Rich and Textual parse markup in what these are given, or write it as it is.
FOREIGN = {"Text", "Label", "Markup", "Markdown", "RichLog", "Log", "Console", "Button", "Digits", "Pretty", "Option"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "title", "sub_title", "placeholder", "label"}

Rule = Callable[[ast.AST], bool]


def is_literal(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)


def called(node: ast.AST) -> str:
    """The name that is called: `f` of `f()`, `a.f` of `a.f()` and of `x.a.f()`."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
            return f"{owner}.{name}"
        case ast.Attribute(attr=name):
            return f".{name}"
    return ""


PRINTERS = {
    *("print", "input", "warnings.warn", "traceback.print_exc", "traceback.print_exception"),
    *("click.echo", "click.secho", "click.style", "click.echo_via_pager", "click.prompt", "click.confirm"),
    *(f"{stream}.{way}" for stream in ("stdout", "stderr", "buffer", "terminal") for way in ("write", "writelines")),
}


def prints(node: ast.AST) -> bool:
    """Whether the node prints anything but literals."""
    if called(node) == "sys.exit":
        return any(isinstance(arg, ast.JoinedStr) for arg in getattr(node, "args", ()))
    return called(node) in PRINTERS and not all(map(is_literal, getattr(node, "args", ())))


def makes_safe_text(node: ast.AST) -> bool:
    return called(node) == "SafeText" or (called(node) == "cast" and "SafeText" in ast.dump(node))


def shows(node: ast.AST) -> bool:
    """Whether the node makes a Content of anything but a literal, or notifies."""
    name = called(node)
    if name == "Content":
        assert isinstance(node, ast.Call)
        return not all(map(is_literal, node.args))
    return (name.startswith("Content.") and name != "Content.join") or name.endswith(("app.notify", "Notification"))


def gives_text_to_widget(node: ast.AST) -> bool:
    """Whether the node gives a text to Textual, which it would parse as markup."""
    if called(node) in FOREIGN:
        return True
    if called(node) in ("Static", "Static.update", ".update", "self.update"):
        assert isinstance(node, ast.Call)
        return any(isinstance(arg, ast.Constant | ast.JoinedStr | ast.BinOp) for arg in node.args)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(each, ast.Attribute) and each.attr in ATTRIBUTES for each in targets)
    # A widget that renders a text: Textual parses it.
    if isinstance(node, ast.FunctionDef) and node.name == "render":
        return not (isinstance(node.returns, ast.Name) and node.returns.id in ("Content", "Strip"))
    return False


def draws(node: ast.AST) -> bool:
    return called(node) in ("Segment", "Strip.from_text")


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_bytes())))


def uses(path: Path, rule: Rule) -> Iterator[str]:
    for node in nodes(path):
        if rule(node):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', '?')}: {ast.unparse(node)[:100]}"


def found(rule: Rule, allowed: set[str]) -> list[str]:
    return [use for name, path in MODULES.items() if name not in allowed for use in uses(path, rule)]


def found_in_widgets(rule: Rule, allowed: set[str]) -> list[str]:
    return [use for use in found(rule, allowed) if use.startswith(("tui/app", "tui/screens/", "tui/widgets/"))]


def test_safe_text_is_made_only_by_the_modules_that_know_it_to_be_safe() -> None:
    assert not found(makes_safe_text, {*MAKE_SAFE_TEXT}), "call tui.text.safe.safe"
    idle = [name for name in MAKE_SAFE_TEXT if not any(uses(MODULES[name], makes_safe_text))]
    assert not idle, "these need no exception any more"


def test_only_the_output_module_prints() -> None:
    # The main module runs before any other can be imported; its text has only the path of a package.
    assert not found(prints, {*PRINT, "tui/__main__.py", "tui/text/paint.py"}), "use tui.terminal.output"


def test_only_one_method_writes_to_the_terminal_behind_the_dashboard() -> None:
    # The signals are written to a pipe of this process, and what blocks the event loop to the log file.
    allowed = {*WRITE_TO_TERMINAL, "tui/terminal/signals.py", "tui/terminal/log_file.py"}
    assert not found(lambda node: called(node) in ("_driver.write", "driver.write", "os.write"), allowed)


def test_texts_reach_widgets_only_as_contents() -> None:
    assert not found(shows, SHOW), "use tui.widgets.content"
    assert not found_in_widgets(gives_text_to_widget, SHOW), "use tui.widgets.content"
    assert not found(draws, DRAW)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (makes_safe_text, "SafeText(row.user)"),
        (makes_safe_text, "cast('SafeText', row.user)"),
        (prints, "print(row.user)"),
        (prints, "click.echo(row.user)"),
        (prints, "sys.stderr.write(row.user)"),
        (prints, "sys.stdout.buffer.write(data)"),
        (prints, "options.terminal.write(text)"),
        (prints, "sys.exit(f'{error}')"),
        (shows, "Content(row.user)"),
        (shows, "Content.from_markup(row.user)"),
        (shows, "Content.assemble(row.user)"),
        (shows, "self.app.notify(row.user)"),
        (gives_text_to_widget, "Static(f'{row.user}')"),
        (gives_text_to_widget, "self.update(f'{row.user}')"),
        (gives_text_to_widget, "table.border_title = row.user"),
        (gives_text_to_widget, "self.tooltip = row.user"),
        (gives_text_to_widget, "Label(row.user)"),
        (gives_text_to_widget, "def render(self) -> str: return row.user"),
        (draws, "Segment(row.user, style)"),
    ],
)
def test_the_rules_see_what_they_forbid(rule: Rule, source: str) -> None:
    assert any(map(rule, ast.walk(ast.parse(source))))

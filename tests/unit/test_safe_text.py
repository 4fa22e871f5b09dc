"""Only one door leads to the terminal: texts of others become `SafeText` or `Content` there, or are never shown.

mypy refuses a plain `str` wherever `SafeText` is wanted. These tests refuse the ways around that.
"""

import ast
import functools
import re
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

TEXTUAL_WIDGETS = {"Input", "TextArea", "Select", "DataTable", "OptionList", "Tree", "Static"}
# Arguments that `Static` and `update` may take.
MAKE_CONTENTS = {"content", "assemble", ".join", "Content.join"}

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
    *("print", "input", ".print", "rich.print", "rich.print_json", "console.print", "pprint.pprint", "pprint.pp"),
    *("warnings.warn", "traceback.print_exc", "traceback.print_exception"),
    *("click.echo", "click.secho", "click.style", "click.echo_via_pager", "click.prompt", "click.confirm"),
    *(f"{stream}.{way}" for stream in ("stdout", "stderr", "buffer", "terminal") for way in ("write", "writelines")),
}


STREAMS = ("stdout", "stderr", "__stdout__", "__stderr__")
# Attributes of a stream that modules that do not print may use.
ASKED = {"isatty", "fileno", "flush", "reconfigure"}


def is_exit_code(node: ast.AST) -> bool:
    is_member = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ExitCode"
    return is_literal(node) or is_member or called(node) in ("completion.answer", "run_command", "safe")


def takes_stream(node: ast.AST) -> bool:
    """Whether the node uses a standard stream for more than a question about it."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "sys" and any(each.name in STREAMS for each in node.names)
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys"):
        return False
    parent = getattr(node, "parent", None)
    is_asked = isinstance(parent, ast.Compare) or (isinstance(parent, ast.Attribute) and parent.attr in ASKED)
    return node.attr in STREAMS and not is_asked


def opens_terminal(node: ast.AST) -> bool:
    """Whether the node names the terminal as a file."""
    is_device = isinstance(node, ast.Constant) and str(node.value).startswith(("/dev/tty", "/dev/std", "/dev/fd/"))
    is_number = called(node) in ("os.fdopen", "open") and ast.unparse(node).partition("(")[2].startswith(("1,", "2,"))
    return is_device or is_number or called(node) in ("os.ttyname", "os.ctermid", "pty.openpty", "curses.setupterm")


def escapes_types(node: ast.AST) -> bool:
    """Whether the node hides a type from mypy."""
    return called(node) == "cast" and re.match(r"cast\(['\"]?Any\b", ast.unparse(node)) is not None


def hides_its_name(node: ast.AST) -> bool:
    """Whether the node imports a name of these rules under an alias."""
    modules = ("rich", "textual", "click", "sys", "os", "builtins", "pprint", "typing", "tui")
    if isinstance(node, ast.ImportFrom):
        names = [each for each in node.names if each.asname not in (None, each.name)]
        in_question = {
            *FOREIGN,
            "Content",
            "Static",
            "Segment",
            "Strip",
            "SafeText",
            "cast",
            "stdout",
            "stderr",
            "print",
        }
        return (node.module or "").partition(".")[0] in modules and any(each.name in in_question for each in names)
    if isinstance(node, ast.Import):
        return any(each.asname and each.name.partition(".")[0] in modules for each in node.names)
    return False


def prints(node: ast.AST) -> bool:
    """Whether the node prints anything but literals."""
    if called(node) == "sys.exit":  # which prints an argument that is not a number
        return any(not is_exit_code(arg) for arg in getattr(node, "args", ()))
    return called(node) in PRINTERS and not all(map(is_literal, getattr(node, "args", ())))


def makes_safe_text(node: ast.AST) -> bool:
    return called(node) == "SafeText" or (called(node) == "cast" and "SafeText" in ast.dump(node))


def shows(node: ast.AST) -> bool:
    """Whether the node makes a Content of anything but a literal, or notifies."""
    name = called(node)
    if name == "Content":
        assert isinstance(node, ast.Call)
        return not all(map(is_literal, node.args))
    if name.endswith(".notify"):  # a callback of ours has no arguments
        assert isinstance(node, ast.Call)
        return bool(node.args or node.keywords)
    return (name.startswith("Content.") and name != "Content.join") or name.endswith("Notification")


def gives_text_to_widget(node: ast.AST) -> bool:
    """Whether the node gives a text to Textual, which it would parse as markup."""
    if called(node).partition(".")[0] in FOREIGN:
        return True
    if isinstance(node, ast.Call) and called(node).rpartition(".")[2] in ("Static", "update"):
        return any(called(arg) not in MAKE_CONTENTS for arg in node.args)
    if called(node) == "setattr":
        assert isinstance(node, ast.Call)
        return isinstance(node.args[1], ast.Constant) and node.args[1].value in ATTRIBUTES
    if isinstance(node, ast.Call) and called(node) in TEXTUAL_WIDGETS:
        return any(each.arg in ATTRIBUTES and not is_literal(each.value) for each in node.keywords)
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
    return linked(ast.parse(path.read_bytes()))


def linked(tree: ast.AST) -> list[ast.AST]:
    """Return all nodes; each knows the one around it as `parent`."""
    found = list(ast.walk(tree))
    for node in found:
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    return found


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


def test_only_the_modules_that_write_take_a_stream() -> None:
    # The encoding of both is set, the child of the demo says that it is ready, and the driver draws.
    allowed = {*PRINT, "tui/cli.py", "tui/demo/simulate.py", "tui/widgets/textual_private.py"}
    assert not found(takes_stream, allowed), "use tui.terminal.output"
    assert not found(opens_terminal, set())


def test_no_module_hides_a_text_from_the_rules() -> None:
    assert not found(hides_its_name, set()), "these rules go by names"
    assert not found(escapes_types, set()), "mypy must see the type"
    ignored = {name for name, path in MODULES.items() if "ignore[arg-type]" in path.read_text("utf-8")}
    assert ignored <= {*SHOW, "tui/logs/sgr.py"}, "mypy must refuse a plain text"
    # To ask for the colours of a terminal needs one.
    assert not found(lambda node: called(node).partition(".")[0] == "Console", {"tui/doctor/machine.py"})


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
        (prints, "sys.exit(row.user)"),
        (prints, "rich.print(row.user)"),
        (prints, "Console().print(row.user)"),
        (prints, "pprint.pprint(row.user)"),
        (takes_stream, "write = sys.stdout.write"),
        (takes_stream, "getattr(sys.stdout, 'write')(row.user)"),
        (takes_stream, "from sys import stderr"),
        (opens_terminal, "Path('/dev/tty').write_text(row.user)"),
        (opens_terminal, "os.fdopen(1, 'w').write(row.user)"),
        (hides_its_name, "from textual.content import Content as C"),
        (hides_its_name, "import rich.console as rc"),
        (escapes_types, "output.print_line(cast(Any, row.user))"),
        (shows, "Content(row.user)"),
        (shows, "Content.from_markup(row.user)"),
        (shows, "Content.assemble(row.user)"),
        (shows, "self.app.notify(row.user)"),
        (shows, "screen.notify(row.user)"),
        (gives_text_to_widget, "Static(row.user)"),
        (gives_text_to_widget, "self.query_one(Static).update(row.user)"),
        (gives_text_to_widget, "Text.from_markup(row.user)"),
        (gives_text_to_widget, "setattr(table, 'border_title', row.user)"),
        (gives_text_to_widget, "Input(placeholder=row.user)"),
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
    assert any(map(rule, linked(ast.parse(source))))

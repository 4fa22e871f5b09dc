"""The keys of a log, in the manner of less and vim."""

from textual.binding import Binding, BindingType

BINDINGS: list[BindingType] = [
    Binding("escape,q", "back", "Back", show=False),
    Binding("slash", "ask('search')", "Search", show=False),
    Binding("n", "next(True)", "Next", show=False),
    Binding("N", "next(False)", "Previous", show=False),
    Binding("e", "errors", "Errors", show=False),
    Binding("ampersand", "ask('filter')", "Filter", show=False),
    Binding("plus", "context(1)", "More context", show=False),
    Binding("minus", "context(-1)", "Less context", show=False),
    Binding("v", "level", "Level", show=False),
    Binding("F", "follow", "Follow", show=False),
    Binding("g,home", "start", "Start", show=False),
    Binding("G,end", "end", "End", show=False),
    Binding("T", "ask('time')", "Go to time", show=False),
    Binding("t", "times", "Times", show=False),
    Binding("w", "wrap", "Wrap", show=False),
    Binding("tab", "turn(1)", "Next log", show=False),
    Binding("shift+tab", "turn(-1)", "Previous log", show=False),
    *(Binding(str(number), f"tab({number - 1})", show=False) for number in range(1, 6)),
    Binding("s", "ask('save')", "Save", show=False),
    Binding("o", "show_in('PAGER')", "Pager", show=False),
    Binding("E", "show_in('EDITOR')", "Editor", show=False),
    Binding("L", "link", "Link", show=False),
    Binding("y", "copy", "Copy", show=False),
    Binding("r", "turn(0)", "Read again", show=False),
]

SHOWN = (
    ("esc", "back"),
    ("/", "search"),
    ("n N", "next"),
    ("e", "errors"),
    ("&", "filter"),
    ("F", "follow"),
    ("g G", "ends"),
    ("tab", "logs"),
    ("w", "wrap"),
    ("t T", "times"),
    ("v", "level"),
    ("s", "save"),
    ("o E", "pager, editor"),
    ("L y", "link, copy"),
)
"""Keys and what they do, for the last line; the first ones stay longest when there is little room."""

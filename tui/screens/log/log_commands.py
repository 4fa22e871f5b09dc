"""The commands of the log screen, with keys as in less and vim."""

from tui.logs.tabs import Tab
from tui.screens.actions.common import copy_subject
from tui.screens.actions.routing import go_to_timeline
from tui.screens.base.command_registry import Command

_WHAT = {
    Tab.STDERR: "What the task has written as errors",
    Tab.STDOUT: "What the task has written",
    Tab.INSPECT: "What was run, and what it used",
    Tab.RUNLOG: "The log of the engine of the run",
    Tab.TRACE: "How long each step of the run took",
    Tab.GRAPH: "The graph of the run",
}

READING = (
    Command("back", "escape,q", "Back to where you came from", "back"),
    Command("search", "slash", "Lines with a text or a regular expression", "search", "TEXT"),
    Command("next", "n", "Next line found", "next", action="screen.hit(1)"),
    Command("previous", "N", "Line found before", action="screen.hit(-1)"),
    Command("errors", "e", "Search for what errors look like", "errors"),
    Command("filter", "ampersand", "Only lines with a text, or without: !text", "filter", "TEXT"),
    Command("more-context", "plus", "More lines around those", action="screen.context(1)"),
    Command("less-context", "minus", "Fewer lines around those", action="screen.context(-1)"),
    Command("level", "v", "The log of a run: all lines, info or worse, errors", "level"),
    Command("follow", "F", "Stay at the end of a log that grows", "follow"),
    Command("next-log", "tab", "The log beside it", "logs", action="screen.turn(1)"),
    Command("previous-log", "shift+tab", "The log at the other side", action="screen.turn(-1)"),
    Command("wrap", "w", "Wrap long lines, or no longer", "wrap"),
    Command("times", "t", "Times of lines: local, UTC, since the start, none", "times"),
    Command("time", "T", "Go to a time: 02:10, 10m ago", "to time", "TIME"),
    Command("save", "s", "Save to a file", "save", "FILE"),
    Command("pager", "o", "Open in $PAGER", "pager", action="screen.show_in('PAGER')"),
    Command("editor", "E", "Open in $EDITOR", action="screen.show_in('EDITOR')"),
    Command("link", "L", "Where the console of AWS has it, as a link", "link"),
    Command("copy", "y", "Copy the line that was found, or the address of the log", "copy", run=copy_subject),
    Command("again", "r", "Read it again", action="screen.turn(0)"),
    Command("start", "g,home", "First line of the log"),
    Command("end", "G,end", "Last line of the log"),
    Command("down", "down,j,enter", "A line down", action="screen.move(1)"),
    Command("up", "up,k", "A line up", action="screen.move(-1)"),
    Command("page-down", "pagedown,space,f", "A page down", action="screen.page(1)"),
    Command("page-up", "pageup,b", "A page up", action="screen.page(-1)"),
    Command("half-down", "ctrl+d,d", "Half a page down", action="screen.page(0.5)"),
    Command("half-up", "ctrl+u,u", "Half a page up", action="screen.page(-0.5)"),
    Command("right", "right,l", "Further right", action="screen.shift(0.5)"),
    Command("left", "left,h", "Further left", action="screen.shift(-0.5)"),
    Command(
        "timeline", "", "The tasks of the run over time", run=go_to_timeline
    ),  # elsewhere 4 opens it; here digits are tabs
)


def choosing(tabs: tuple[Tab, ...]) -> tuple[Command, ...]:
    """Return a command for each of `tabs`; its key is the number of the tab."""
    return tuple(
        Command(tab.value, str(number), _WHAT[tab], action=f"screen.tab('{tab}')") for number, tab in enumerate(tabs, 1)
    )

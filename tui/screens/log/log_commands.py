"""The commands of the log screen, with keys as in less and vim."""

from tui.logs.tabs import Tab
from tui.screens.actions.common import deferred
from tui.screens.base.command_registry import Command, Group

_WHAT = {
    Tab.STDERR: "The task's standard error",
    Tab.STDOUT: "The task's standard output",
    Tab.INSPECT: "The command, and the resources it used",
    Tab.RUNLOG: "The run log",
    Tab.TRACE: "The duration of each step of the run",
    Tab.GRAPH: "The evaluation graph of the run",
}

READING = (
    Command("search", "slash", "Search for a text or regular expression", "search", "TEXT", group=Group.FIND),
    Command("next", "n", "Next match", "next", action="screen.hit(1)", group=Group.FIND),
    Command("previous", "N", "Previous match", action="screen.hit(-1)", group=Group.FIND),
    Command("errors", "e", "Search for lines that look like errors", "errors", group=Group.FIND),
    Command("filter", "ampersand", "Show only matching lines; !text hides them", "filter", "TEXT", group=Group.FIND),
    Command("more-context", "plus", "More lines around each match", action="screen.context(1)", group=Group.FIND),
    Command("less-context", "minus", "Fewer lines around each match", action="screen.context(-1)", group=Group.FIND),
    Command("level", "v", "Run log: show all lines, info and errors, or errors", "level", group=Group.FIND),
    Command("follow", "F", "Follow the end of a growing log", "follow", group=Group.TIME),
    Command("next-log", "tab", "Next tab", "logs", action="screen.turn(1)", group=Group.GO_TO),
    Command("previous-log", "shift+tab", "Previous tab", action="screen.turn(-1)", group=Group.GO_TO),
    Command("wrap", "w", "Wrap long lines, or stop wrapping", "wrap"),
    Command("raw", "R", "Show colours and control characters as signs, or no longer", "raw"),
    Command("times", "t", "Show times: of day, since the start, none", "times"),
    Command("time", "T", "Go to a time: 02:10, 10m ago", "to time", "TIME", group=Group.TIME),
    Command("save", "s", "Save to a file", "save", "FILE", group=Group.SHARE),
    Command("pager", "o", "Open in $PAGER", "pager", action="screen.show_in('PAGER')", group=Group.SHARE),
    Command("editor", "E", "Open in $EDITOR", action="screen.show_in('EDITOR')", group=Group.SHARE),
    Command("link", "L", "Show the address in the AWS console", "link", group=Group.SHARE),
    Command(
        "copy",
        "y",
        "Copy the matching line, or the address of the log",
        "copy",
        run=deferred("copy_row", "copy_first"),
        group=Group.SHARE,
    ),
    Command("again", "r", "Read the log again", action="screen.turn(0)", group=Group.TIME),
    Command("start", "g,home", "First line of the log", group=Group.MOVE),
    Command("end", "G,end", "Last line of the log", group=Group.MOVE),
    Command("down", "down,j,enter", "A line down", action="screen.move(1)", group=Group.MOVE),
    Command("up", "up,k", "A line up", action="screen.move(-1)", group=Group.MOVE),
    Command("page-down", "pagedown,space,f,ctrl+f", "A page down", action="screen.page(1)", group=Group.MOVE),
    Command("page-up", "pageup,b,ctrl+b", "A page up", action="screen.page(-1)", group=Group.MOVE),
    Command("half-down", "ctrl+d,d", "Half a page down", action="screen.page(0.5)", group=Group.MOVE),
    Command("half-up", "ctrl+u,u", "Half a page up", action="screen.page(-0.5)", group=Group.MOVE),
    Command("right", "right,l", "Scroll right", action="screen.shift(0.5)", group=Group.MOVE),
    Command("left", "left,h", "Scroll left", action="screen.shift(-0.5)", group=Group.MOVE),
    Command(
        "timeline", "", "The run's tasks over time", run=deferred("routing", "go_to_timeline"), group=Group.GO_TO
    ),  # elsewhere 4 opens it; here digits are tabs
)


def choosing(tabs: tuple[Tab, ...]) -> tuple[Command, ...]:
    """Return a command for each of `tabs`; its key is the number of the tab."""
    return tuple(
        Command(tab.value, str(number), _WHAT[tab], action=f"screen.tab('{tab}')", group=Group.GO_TO)
        for number, tab in enumerate(tabs, 1)
    )

"""The size of the preview below a list."""

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question, complete_from
from tui.screens.preview.pane import MIN_HEIGHT, MIN_WIDTH, SIZES


def choose_size(screen: BaseScreen, size: str | None = None) -> None:
    """Show previews in a size; without one, in the next smaller one, and after `off` in the largest."""

    def submit(size: str) -> None:
        if size not in SIZES:
            raise ValueError(f"no size {size!r} of a preview: use {', '.join(SIZES)}")
        screen.session.preview = size
        screen.show()

    width, height = screen.size
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        screen.show_error(
            f"a preview needs {MIN_WIDTH}x{MIN_HEIGHT} cells: this terminal has {width}x{height};"
            f" {screen.key_of('open')} opens the row"
        )
        return
    following = SIZES[(SIZES.index(screen.session.preview) + 1) % len(SIZES)]
    screen.ask(Question("preview ", submit, ", ".join(SIZES), complete=complete_from(lambda: SIZES)), size or following)


def sizes(_: BaseScreen) -> tuple[str, ...]:
    """Return the names of the sizes, the largest first."""
    return SIZES

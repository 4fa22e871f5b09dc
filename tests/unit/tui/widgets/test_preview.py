"""A pane of texts and log lines that draws only what changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.support import idle
from tui.logs.lines import LogLine
from tui.widgets.content import content
from tui.widgets.preview import Preview, PreviewRow


class Shown(App[None]):
    """A preview that notes which of its lines it draws."""

    def __init__(self) -> None:
        super().__init__()
        self.preview = Preview()

    def compose(self) -> ComposeResult:
        yield self.preview

    async def show(self, *rows: PreviewRow, title: str = "a run") -> list[int]:
        """Return the lines that were drawn again."""
        with self._watched() as drawn:
            self.preview.show(content(title), rows)
            await idle.settle(self)
        return drawn

    @contextmanager
    def _watched(self) -> Iterator[list[int]]:
        drawn: list[int] = []
        refresh = self.preview.refresh

        def watch(*regions: Region, **given: bool) -> Preview:
            drawn.extend(region.y for region in regions)
            return refresh(*regions, **given)

        self.preview.refresh = watch  # type: ignore[method-assign]
        yield drawn
        self.preview.refresh = refresh  # type: ignore[method-assign]

    @property
    def lines(self) -> Sequence[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()][: self.preview.height_shown]


async def test_text_and_log_lines_stand_below_a_title() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)):
        app.preview.set_height(4)
        await app.show(content("one"), LogLine(b"\x1b[31mtwo\x1b[0m \x1b]9;x\x07"), content("a long line of text here"))
        assert app.lines == ["── a run ───────────", " one", " two ␛]9;x␇", " a long line of te…"]
        await app.show(title="a title that is too long for it")
        assert app.lines == ["── a title that … ──", "", "", ""]


async def test_only_lines_that_changed_are_drawn() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)):
        app.preview.set_height(4)
        rows = content("one"), LogLine(b"two"), content("three")
        assert await app.show(*rows) == [0, 1, 2, 3]
        assert await app.show(content("one"), LogLine(b"two"), content("three")) == []
        assert await app.show(content("one"), LogLine(b"2"), content("three")) == [2]
        assert await app.show(content("one", "bold"), LogLine(b"2")) == [1, 3]
        assert await app.show(content("one", "bold"), content("2"), title="other") == [0, 2]


@pytest.mark.parametrize("text", ["[/x][@click=app.quit]x", "界" * 30, ""])
async def test_any_text_is_as_wide_as_the_pane(text: str) -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)):
        app.preview.set_height(3)
        await app.show(content(text), LogLine(text.encode()), title=text)
        assert all(app.preview.render_line(y).cell_length == 20 for y in range(3))


async def test_lines_that_report_errors_are_coloured() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)):
        app.preview.set_height(5)
        await app.show(LogLine(b"all is well"), LogLine(b"\x1b[1mfatal\x1b[0m: x"), LogLine(b"warning: y"))
        colors = [[style.color for _, style, _ in app.preview.render_line(y) if style][1] for y in (1, 2, 3)]
        assert len(set(colors)) == 3


async def test_a_height_of_0_hides_it() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)):
        assert not app.preview.display
        app.preview.set_height(5)
        assert (app.preview.display, app.preview.height_shown) == (True, 5)
        app.preview.set_height(0)
        assert (app.preview.display, app.preview.height_shown) == (False, 5)

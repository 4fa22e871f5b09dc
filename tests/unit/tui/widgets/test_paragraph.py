import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Label

from tui.widgets.paragraph import Paragraph


class ParagraphApp(App[None]):
    """A paragraph above a line."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraph = Paragraph(id="problem")

    def compose(self) -> ComposeResult:
        yield self.paragraph
        yield Label("below", markup=False)

    @property
    def lines(self) -> list[str]:
        rendered = [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]
        return [line for line in rendered if line]


async def test_an_empty_paragraph_takes_no_room() -> None:
    app = ParagraphApp()
    async with app.run_test(size=(20, 10)) as pilot:
        assert app.query_one(Label).region.y == 0
        app.paragraph.show(Content("two words and more than a line"))
        await pilot.pause()
        assert app.lines == ["two words and more", "than a line", "below"]
        app.paragraph.show(Content("short"))
        await pilot.pause()
        assert app.lines == ["short", "below"]
        app.paragraph.show(Content())
        await pilot.pause()
        assert app.lines == ["below"]
        assert app.query_one(Label).region.y == 0


async def test_a_longer_text_gets_its_lines_although_the_layout_of_the_one_before_is_due() -> None:
    app = ParagraphApp()
    async with app.run_test(size=(20, 10)) as pilot:
        app.paragraph.show(Content("short"))
        app.screen._refresh_layout()  # for another widget
        app.paragraph.show(Content("two words and more than a line"))
        await pilot.pause()
        assert app.lines == ["two words and more", "than a line", "below"]


async def test_the_same_text_is_not_laid_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ParagraphApp()
    async with app.run_test(size=(20, 10)):
        app.paragraph.show(Content("a"))
        updates: list[bool] = []
        monkeypatch.setattr(app.paragraph, "refresh", lambda *_, layout=False: updates.append(layout))
        for text in (Content("a"), Content.styled("a", "bold"), Content.styled("a", "bold"), Content("b")):
            app.paragraph.show(text)
        assert updates.count(True) == 2


async def test_text_is_no_markup() -> None:
    app = ParagraphApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.paragraph.show(Content("[/x] [@click=app.quit]y[/]"))
        await pilot.pause()
        assert app.lines[0] == "[/x] [@click=app.quit]y[/]"


async def test_a_text_cut_by_its_height_ends_in_an_ellipsis() -> None:
    app = ParagraphApp()
    async with app.run_test(size=(12, 10)) as pilot:
        app.paragraph.styles.max_height = 2
        app.paragraph.show(Content("one two three four five six"))
        await pilot.pause()
        assert app.lines == ["one two", "three four…", "below"]
        app.paragraph.show(Content("one two three-four-x five six"))
        await pilot.pause()
        assert app.lines == ["one two", "three-four-…", "below"]
        app.paragraph.show(Content("one two three four"))
        await pilot.pause()
        assert app.lines == ["one two", "three four", "below"]

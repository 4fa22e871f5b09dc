"""A text of a few lines that can be hidden."""

from textual.content import Content
from textual.widgets import Static


class Paragraph(Static):
    """A text of a few lines that takes no room while it is empty."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown = Content()
        self.display = False

    def show(self, text: Content) -> None:
        """Show `text`."""
        if not text.is_same(self._shown):
            self._shown = text
            self.update(text, layout=True)
            self.display = bool(text)

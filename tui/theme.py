"""The colours."""

from textual.theme import Theme

THEME = Theme(
    name="reflowtop",
    dark=True,
    primary="#5fafd7",
    secondary="#8787af",
    accent="#d7af5f",
    success="#87af5f",
    warning="#d7af00",
    error="#ff6f5f",
    foreground="#d0d0d0",
    background="#121417",
    surface="#1a1d21",
    panel="#23272d",
    variables={
        "muted": "#8b929c",
        "block-cursor-background": "#264d61",
        "block-cursor-foreground": "#f2f2f2",
        "block-cursor-blurred-background": "#23323b",
        "block-cursor-blurred-foreground": "#f2f2f2",
    },
)

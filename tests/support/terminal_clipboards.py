"""Environments of terminals, a text to copy, and the text that a terminal is told to copy."""

import base64
import re

ID = "sha256:" + "77aa01ff" * 8
TMUX = {"TMUX": "/run/tmux,1,0", "TERM": "tmux-256color"}
XTERM = {"TERM": "xterm-256color"}


def copied(sequence: str) -> str:
    """Return the text in the one OSC 52 of `sequence`."""
    (data,) = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\a", sequence)
    return base64.b64decode(data).decode()

"""Texts that attack a terminal or Textual, in every place of a text, on all screens and in all commands."""

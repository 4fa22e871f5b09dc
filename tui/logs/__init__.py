"""Logs as text to print and to draw. Never imports Textual.

`lines` cuts pages into lines, `line_store` keeps them in a file, `search`, `row_index` and `boundary_matches` find what
is shown, `levels` and `sgr` interpret lines, `provenance` says where a log lives and whether it is complete.
"""

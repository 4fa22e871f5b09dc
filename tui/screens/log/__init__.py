"""The log screen, with keys as in less and vim.

`log_screen` is the screen, `log_session` an open log with its view, `log_commands` the keys, `log_texts` the texts, and
`log_files` saves a log or opens it in other programs.
"""

"""Commands that several screens share: functions of a screen, and the `Command` lists that name them.

`common` lists those of every screen. `routing` opens other screens, `time_travel` shows earlier data, `scope` chooses
whose runs are shown, `new_rows` marks changes since the user last looked; `copy_row`, `share` and `mark` act on the
subject of a screen.
"""

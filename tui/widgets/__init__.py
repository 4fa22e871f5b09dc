"""The widgets. These modules are the only users of Textual's private API.

`table`, `drawn_table`, `table_line` and `row_cursor` draw lists; `log_view` and `log_line` draw logs; `prompt`,
`status_line`, `paragraph` and `text_page` are lines and texts; `compact_output`, `key_queue` and `ascii_filter` change
how an app writes and takes keys.
"""

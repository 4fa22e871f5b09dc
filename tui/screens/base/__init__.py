"""The parts of every screen.

`base_screen` and `list_screen` are the base classes; `footer` holds the keys and the prompt, `command_registry` and
`key_settings` the commands and their keys. `session` is the state that all screens share, `routes` name what a screen
shows, `navigation` makes the screen of a route, and `subject` is what commands apply to. `row_texts` and `status_texts`
are the texts about rows and about reading them.
"""

"""Finders of secrets in a text. Each module finds one kind and returns spans: the start and the end of each secret.

`encodings` and `plain_text` prepare the text, `secret_names` and `secret_values` judge names and values, `assignments`
finds values after names, `prose` those in sentences and blocks, `shapes` secrets that are known by their form, `urls`
those in addresses, `userinfo` those before a host without a scheme, `command_lines` those of programs and
`argument_lists` those of lists. All take time in proportion to the length of the text.
"""

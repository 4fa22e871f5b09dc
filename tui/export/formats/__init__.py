"""The output formats of lists, one module each; `output_formats` selects one by name. Each prints a `Sheet`."""

"""The output formats of lists, one module each; `output_formats` chooses among them, `sheet` is what they print."""

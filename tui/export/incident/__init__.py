"""The incident bundle: runs with their tasks and findings, as Markdown for people and as JSON.

`contents` is the snapshot, `markdown` and `task_section` write the document, `json_document` the data, `fences` guards
against Markdown in untrusted text, and `bundle` writes the two files.
"""

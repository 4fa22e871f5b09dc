"""The version of reflowtop, for output and recordings."""


def installed_version() -> str:
    """Return the version of the installed package, "(not installed)" if this runs from a folder of source code."""
    import importlib.metadata  # takes 100 ms, which only --version, `record` and `export` need

    try:
        return importlib.metadata.version("reflowtop")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"

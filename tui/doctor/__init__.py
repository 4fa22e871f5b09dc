"""Checks of everything that the dashboard needs: the terminal, the settings, credentials, the service and the table.

Each module returns the `CheckResult`s of one area. `examination` runs all checks concurrently, each with a deadline. No
check writes anything.
"""

"""A plugin that lists the tests with most CPU time: `pytest -p tests.support.cpu_times`.

CPU time is compared where wall time says little: on a machine with other work, and of tests that wait. Processes that a
test starts count when they have ended, so servers that outlive it do not.
"""

import resource
from collections import defaultdict
from collections.abc import Generator

import pytest

_MOST = 40

_seconds: defaultdict[str, float] = defaultdict(float)
_before = 0.0


def cpu_time() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def pytest_runtest_logstart() -> None:
    """Begin to count for the next test."""
    global _before  # noqa: PLW0603 - pytest runs one test after the other
    _before = cpu_time()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the time of a set-up, a call or a tear-down to its report, which goes to the controller of the workers."""
    global _before  # noqa: PLW0603
    report = yield
    now = cpu_time()
    report.user_properties.append(("cpu", now - _before))
    _before = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the time of a report."""
    _seconds[report.nodeid] += sum(float(str(value)) for name, value in report.user_properties if name == "cpu")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests with most CPU time, and the folders."""
    terminalreporter.section(f"CPU seconds: {sum(_seconds.values()):.1f} in {len(_seconds)} tests")
    folders: defaultdict[str, float] = defaultdict(float)
    for test, seconds in _seconds.items():
        folders[test.partition("::")[0].rpartition("/")[0]] += seconds
    for found, most in ((folders, _MOST // 2), (_seconds, _MOST)):
        for name, seconds in sorted(found.items(), key=lambda each: -each[1])[:most]:
            terminalreporter.write_line(f"{seconds:7.2f} {name}")

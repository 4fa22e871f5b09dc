"""The errors of simulated tasks, chained as the engine reports them."""

import random
from collections.abc import Callable

from store import Error, ErrorKind
from tui.demo.workflow import Step

Fault = Callable[[Step, random.Random], Error]


def out_of_memory(step: Step, rng: random.Random) -> Error:
    """Return the error of an exec that the kernel killed for its memory use."""
    used = rng.uniform(0.985, 0.999) * step.mem
    killed = f"killed process {rng.randrange(2000, 60000)}, anon-rss {used:.2f} GiB of {step.mem} GiB, exit status 137"
    return Error(ErrorKind.OOM, "exec", (step.ident,), Error(ErrorKind.OTHER, "docker.wait", (), killed))


def pull_timeout(step: Step, rng: random.Random) -> Error:
    """Return the error of an image that could not be pulled."""
    dial = Error(ErrorKind.OTHER, "dial", ("tcp", f"10.0.{rng.randrange(256)}.{rng.randrange(256)}:443"), "i/o timeout")
    return Error(ErrorKind.NET, "docker.pull", (step.image,), dial)


def exit_status(step: Step, rng: random.Random) -> Error:
    """Return the error of a command that exited with a non-zero status."""
    return Error(
        ErrorKind.DOCKER_EXEC, "exec", (step.ident,), f"exited with code {rng.choice((1, 2))}: truncated input"
    )


def throttled(step: Step, rng: random.Random) -> Error:
    """Return the error of an input that S3 throttled."""
    key = f"s3://samples/{rng.randbytes(4).hex()}.fastq.gz"
    reason = Error(ErrorKind.OTHER, "s3.getobject", (key,), "SlowDown: please reduce your request rate")
    return Error(ErrorKind.TEMPORARY, "load", (step.ident,), reason)


def host_gone(step: Step, rng: random.Random) -> Error:
    """Return the error of an exec whose host was terminated."""
    lost = Error(ErrorKind.OTHER, "keepalive", (), f"no response in {rng.randrange(3, 6)} tries: connection refused")
    return Error(ErrorKind.UNAVAILABLE, "alloc.exec", (step.ident,), lost)

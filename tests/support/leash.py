"""Run the command in the arguments until standard input ends, then kill it.

For servers that know nothing of the process that started them: however that one ends, the kernel closes its end of the
pipe.
"""

import os
import subprocess
import sys
import threading


def main() -> int:
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL) as command:
        threading.Thread(target=_kill_at_end_of_input, args=[command], daemon=True).start()
    return command.returncode


def _kill_at_end_of_input(command: subprocess.Popen[bytes]) -> None:
    os.read(0, 1)
    command.kill()


if __name__ == "__main__":
    sys.exit(main())

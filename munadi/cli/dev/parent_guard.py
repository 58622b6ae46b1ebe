"""Started in place of a program: ties this process to its parent's life, then becomes the program.

    python parent_guard.py PARENT_PID PROGRAM ARGUMENT…

If the parent dies, even by kill -9, the kernel kills this process too (on Linux only). Done
here and not between fork and exec, where a parent with threads may run next to nothing. Standard library only.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)  # the parent died before the guard was on
    os.execv(program[0], program)  # noqa: S606 - becoming the program, without a shell, is the point


if __name__ == "__main__":
    main()

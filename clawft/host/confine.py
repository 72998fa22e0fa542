"""Run as a program by `processes.py` between fork and exec: takes limits upon itself, then becomes the command.

A threaded parent may run no Python between fork and exec, and limits set from outside come too late: so a fresh
interpreter does it. Confinement of any other kind belongs here too. Arguments: the descriptor to report a failure
to (part and errno as text; nothing if the command runs), the limits and the names of all variables as JSON (names'
bytes as Latin-1), the command's words. Imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import signal
import sys


def main() -> None:
    report = int(sys.argv[1])
    limits, names = json.loads(sys.argv[2])
    kept = {name.encode("latin-1") for name in names}
    words = [os.fsencode(word) for word in sys.argv[3:]]
    os.set_inheritable(report, False)  # noqa: FBT003 - as os has it
    part = "limits"
    try:
        _limit(limits)
        part = "program"
        for name in ("SIGPIPE", "SIGXFSZ"):  # which the interpreter ignores, and a program inherits that
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        # What the interpreter has added to its own variables (LC_CTYPE) is not the command's.
        variables = {name: text for name, text in os.environb.items() if name in kept}
        os.execve(words[0], words, variables)  # noqa: S606 - starting it is the purpose
    except OSError as error:
        os.write(report, f"{part} {error.errno}".encode())
        os._exit(127)


def _limit(limits: dict[str, int]) -> None:
    import resource  # noqa: PLC0415 - not on Windows, where nobody runs this

    numbers = {
        "cpu_s": resource.RLIMIT_CPU,
        "memory_bytes": resource.RLIMIT_AS,
        "file_bytes": resource.RLIMIT_FSIZE,
        "files": resource.RLIMIT_NOFILE,
        "processes": resource.RLIMIT_NPROC,
        "core_bytes": resource.RLIMIT_CORE,
    }
    # Address space last: from then on this interpreter itself may get no more.
    for name in sorted(limits, key=lambda name: name == "memory_bytes"):
        hard = resource.getrlimit(numbers[name])[1]
        # Nobody may raise a limit that was set for us.
        value = limits[name] if hard == resource.RLIM_INFINITY else min(limits[name], hard)
        try:
            resource.setrlimit(numbers[name], (value, value))
        except ValueError as error:
            raise OSError(22, str(error)) from error


if __name__ == "__main__":
    main()

"""Run as a program by `processes.py` between fork and exec: limits and confines itself, then becomes the command.

A threaded parent may run no Python between fork and exec, and limits set from outside come too late: so a fresh
interpreter does it. Arguments: the descriptor to report a failure to (part and errno as text; nothing if the command
runs), the limits, the names of all variables (their bytes as Latin-1) and the confinement or null as JSON, the
program, the command's words. Imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# linux/landlock.h, linux/seccomp.h, linux/prctl.h: the same numbers on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_LANDLOCK_VERSION = _PATH_BENEATH = 1
_SECCOMP_FILTER = 2
_SET_SECCOMP, _NO_NEW_PRIVS = 22, 38
# EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV: a rule about a file may have no others.
_RIGHTS_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
_EFAULT = 14


def main() -> None:
    report = int(sys.argv[1])
    limits, names, confinement = json.loads(sys.argv[2])
    kept = {name.encode("latin-1") for name in names}
    program, *words = [os.fsencode(word) for word in sys.argv[3:]]
    os.set_inheritable(report, False)  # noqa: FBT003 - as os has it
    part = "confinement"
    try:
        confine = _prepared(confinement) if confinement else None
        part = "limits"
        _limit(limits)
        if confine is not None:
            part = "confinement"
            confine()
        part = "program"
        for name in ("SIGPIPE", "SIGXFSZ"):  # which the interpreter ignores, and a program inherits that
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        # What the interpreter has added to its own variables (LC_CTYPE) is not the command's.
        variables = {name: text for name, text in os.environb.items() if name in kept}
        os.execve(program, words, variables)  # noqa: S606 - starting it is the purpose
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


def confinement_of_system() -> tuple[int, str]:
    """Landlock's version, 0 for none, and the machine whose system calls can be filtered here, "" for none."""
    if sys.platform != "linux":
        return 0, ""
    try:
        libc = _libc()
    except (ImportError, OSError):  # a Python without ctypes confines nothing
        return 0, ""
    version = int(libc.syscall(_CREATE_RULESET, None, 0, _LANDLOCK_VERSION))
    # Asked without a program, a kernel that has filters says EFAULT; qemu, which lets none through, EINVAL.
    libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, None, 0, 0)
    is_filtered = _errno() == _EFAULT and sys.maxsize > 1 << 32
    return max(version, 0), os.uname().machine if is_filtered else ""


def _libc() -> Any:  # noqa: ANN401 - ctypes has no types for this
    import ctypes  # noqa: PLC0415 - only where something is confined

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _errno() -> int:
    import ctypes  # noqa: PLC0415 - as above

    return ctypes.get_errno()


def _prepared(confinement: list[Any]) -> Callable[[], None]:
    """What confines this process: made ready before the limits, as it needs memory."""
    try:
        libc = _libc()
    except ImportError as error:
        raise OSError(38, str(error)) from error
    import ctypes  # noqa: PLC0415 - as above

    handled, rights, filter_hex = confinement
    instructions = bytes.fromhex(filter_hex)
    memory = ctypes.create_string_buffer(instructions)
    filter_program = struct.pack("HL", len(instructions) // 8, ctypes.addressof(memory))
    ruleset = _ruleset(libc, handled, rights) if any(handled) else -1

    def confine() -> None:
        # Without it neither is allowed to who is not root, and a setuid program would be outside of both.
        _check(libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
        if ruleset >= 0:
            _check(libc.syscall(_RESTRICT_SELF, ruleset, 0))
            os.close(ruleset)
        if instructions:
            _check(libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, filter_program, 0, 0))
            assert memory  # noqa: S101 - it is pointed at until here

    return confine


def _ruleset(libc: Any, handled: list[int], rights: list[tuple[str, int]]) -> int:  # noqa: ANN401 - as above
    attributes = struct.pack("<QQQ", *handled)
    ruleset = _check(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for path, granted in rights:
        try:
            folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # what is not there, or cannot be reached, needs no right
        is_folder = stat.S_ISDIR(os.fstat(folder).st_mode)
        kept = granted if is_folder else granted & _RIGHTS_OF_FILES
        if kept:
            rule = struct.pack("<Qi", kept, folder)
            _check(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
        os.close(folder)
    return ruleset


def _check(answer: int) -> int:
    if answer < 0:
        raise OSError(_errno(), os.strerror(_errno()))
    return answer


if __name__ == "__main__":
    main()
